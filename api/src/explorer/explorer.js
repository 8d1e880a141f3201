'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const element = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };
  // Storage may be switched off; the page works without.
  const stored = (storage, key) => { try { return storage.getItem('greenroom.' + key); } catch { return null; } };
  const store = (storage, key, value) => { try { storage.setItem('greenroom.' + key, value); } catch { /* not kept */ } };
  // The link of a mail names an interview, or behind the # the code of a session; the page is the same, elsewhere.
  const [, folder, linked] = location.pathname.match(/^(.*\/)(?:interviews\/([^/]*)|sessions)$/) ?? [null, location.pathname, null];
  const code = location.pathname.endsWith('/sessions') ? location.hash.slice(1) : '';
  const home = new URL(folder, location.origin);
  const endpoint = new URL('graphql', home);
  const socketEndpoint = new URL('graphql/ws', home);
  socketEndpoint.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';

  // Tokens of GraphQL and JSON; whatever matches nothing is one character of its own.
  const GRAPHQL = /("""(?:\\"""|[^])*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?)|(#[^\n]*)|(\$\w+)|(@\w+)|(-?\d[\d.eE+-]*)|(\.\.\.)|([A-Za-z_]\w*)|(\s+|,)|([^])/g;
  const JSON_TOKENS = /("(?:\\.|[^"\\\n])*"?)(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b|([^"\d-]+?(?=["\d-]|\b(?:true|false|null)\b|$)|[^])/g;
  const KEYWORDS = new Set(['query', 'mutation', 'subscription', 'fragment', 'on', 'true', 'false', 'null']);
  const graphqlTokens = (text) => [...text.matchAll(GRAPHQL)].map((match) => {
    const kind = ['string', 'comment', 'variable', 'directive', 'number', 'spread', 'name', 'space', 'mark'][match.slice(1).findIndex((group) => group !== undefined)];
    return { kind, text: match[0], at: match.index };
  });

  const highlighters = {
    graphql(text, out) {
      const classes = { string: 's', comment: 'c', variable: 'v', directive: 'a', number: 'n', spread: 'k', mark: 'p' };
      let previous = '';
      for (const token of graphqlTokens(text)) {
        let kind = classes[token.kind];
        if (token.kind === 'name') kind = KEYWORDS.has(token.text) ? 'k' : previous === 'on' || /^[A-Z]/.test(token.text) ? 't' : 'f';
        if (token.kind !== 'space') previous = token.text;
        out(token.text, kind);
      }
    },
    json(text, out) {
      for (const [all, string, colon, number, word] of text.matchAll(JSON_TOKENS)) {
        if (string !== undefined) { out(string, colon ? 'f' : 's'); if (colon) out(colon, 'p'); }
        else out(all, number !== undefined ? 'n' : word !== undefined ? 'k' : 'p');
      }
    },
  };
  const highlight = (text, language) => {
    const fragment = document.createDocumentFragment();
    highlighters[language](text, (part, kind) => fragment.append(kind ? element('span', { className: kind, textContent: part }) : part));
    return fragment;
  };

  // An editor is a transparent text area over its own coloured text, so that selection, undo, spelling aids and screen
  // readers are the browser's.
  const CLOSING = { '{': '}', '(': ')', '[': ']', '"': '"' };
  class Editor {
    constructor(root, id, label, language, placeholder) {
      this.language = language;
      this.area = element('textarea', { id, spellcheck: false, autocapitalize: 'off', autocomplete: 'off', wrap: 'off', placeholder });
      this.area.setAttribute('aria-label', label);
      this.lines = element('div', { className: 'lines' });
      this.lines.setAttribute('aria-hidden', 'true');
      this.shown = element('pre');
      this.shown.setAttribute('aria-hidden', 'true');
      root.append(element('div', { className: 'editor' }, this.lines, element('div', { className: 'text' }, this.shown, this.area)));
      this.area.addEventListener('input', () => this.changed());
      this.area.addEventListener('scroll', () => this.follow());
      this.area.addEventListener('keydown', (event) => this.key(event));
      this.area.addEventListener('blur', () => { this.leaving = false; });
      this.wrong = 0;
      this.draw();
    }
    get value() { return this.area.value; }
    set value(text) { this.area.value = text; this.changed(); }
    changed() { this.wrong = 0; this.draw(); this.onchange?.(); }
    mark(line) { this.wrong = line; this.draw(); }
    draw() {
      this.shown.replaceChildren(highlight(this.value, this.language), '\n');
      const count = this.value.split('\n').length;
      this.lines.replaceChildren(...Array.from({ length: count }, (_, index) =>
        element('div', { className: index + 1 === this.wrong ? 'wrong' : '', textContent: index + 1 })));
      this.follow();
    }
    follow() {
      this.shown.scrollTop = this.area.scrollTop;
      this.shown.scrollLeft = this.area.scrollLeft;
      this.lines.scrollTop = this.area.scrollTop;
    }
    // execCommand keeps the browser's undo history, which nothing newer does.
    insert(text, back = 0) {
      if (!document.execCommand('insertText', false, text)) this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, 'end');
      if (back) this.area.selectionStart = this.area.selectionEnd = this.area.selectionEnd - back;
      this.changed();
    }
    select(from, to) { this.area.setSelectionRange(from, to); }
    key(event) {
      const { selectionStart: from, selectionEnd: to, value } = this.area;
      const command = event.ctrlKey || event.metaKey;
      if (event.key === 'Escape') { this.leaving = true; return; }
      const leaving = this.leaving;
      if (event.key !== 'Shift') this.leaving = false;
      if (command && event.key === '/' && this.language === 'graphql') return this.edit(event, () => this.comment());
      if (command || event.altKey || event.isComposing) return;
      if (event.key === 'Tab' && !leaving) return this.edit(event, () => this.indent(event.shiftKey));
      if (event.key === 'Enter') {
        return this.edit(event, () => {
          const line = value.slice(value.lastIndexOf('\n', from - 1) + 1, from);
          const space = line.match(/^ */)[0];
          const opens = /[{([]$/.test(line.trimEnd());
          const closes = opens && value[to] === CLOSING[line.trimEnd().slice(-1)];
          this.insert('\n' + space + (opens ? '  ' : '') + (closes ? '\n' + space : ''), closes ? space.length + 1 : 0);
        });
      }
      if (Object.values(CLOSING).includes(event.key) && value[to] === event.key && from === to) {
        return this.edit(event, () => this.select(to + 1, to + 1));
      }
      if (CLOSING[event.key]) {
        const inside = value.slice(from, to);
        if (inside || (event.key === '"' ? !/\w|"/.test(value[from - 1] ?? '') && !/\w/.test(value[to] ?? '') : !/[\w$]/.test(value[to] ?? ''))) {
          return this.edit(event, () => {
            this.insert(event.key + inside + CLOSING[event.key], 1);
            if (inside) this.select(from + 1, to + 1);
          });
        }
      }
      if (event.key === '}' && from === to && /\n +$/.test(value.slice(0, from))) {
        return this.edit(event, () => { this.select(Math.max(from - 2, value.lastIndexOf('\n', from - 1) + 1), from); this.insert('}'); });
      }
      if (event.key === 'Backspace' && from === to && from > 0 && CLOSING[value[from - 1]] === value[from]) {
        return this.edit(event, () => { this.select(from - 1, from + 1); document.execCommand('delete'); this.changed(); });
      }
    }
    edit(event, change) { event.preventDefault(); change(); }
    wholeLines(change) {
      const { selectionStart, selectionEnd, value } = this.area;
      const from = value.lastIndexOf('\n', selectionStart - 1) + 1;
      const end = value.indexOf('\n', Math.max(selectionEnd - (selectionEnd > selectionStart ? 1 : 0), from));
      const to = end < 0 ? value.length : end;
      const text = change(value.slice(from, to).split('\n')).join('\n');
      this.select(from, to);
      this.insert(text);
      this.select(from, from + text.length);
    }
    indent(less) {
      const { selectionStart: from, selectionEnd: to, value } = this.area;
      if (!less && !value.slice(from, to).includes('\n')) return this.insert('  ');
      this.wholeLines((lines) => lines.map((line) => (less ? line.replace(/^ {1,2}/, '') : '  ' + line)));
    }
    comment() {
      this.wholeLines((lines) => (lines.every((line) => /^\s*(#|$)/.test(line))
        ? lines.map((line) => line.replace(/^(\s*)# ?/, '$1'))
        : lines.map((line) => (line.trim() ? line.replace(/^(\s*)/, '$1# ') : line))));
    }
  }

  // Prints a document with one selection per line; arguments stay on one line when they are short.
  const prettify = (text) => {
    const tokens = graphqlTokens(text).filter((token) => token.kind !== 'space');
    let out = '', depth = 0, inner = 0, previous = null;
    const fresh = () => { out = out.trimEnd() + '\n' + '  '.repeat(depth); };
    tokens.forEach((token, index) => {
      const { kind, text: word } = token;
      const block = inner === 0;
      const lineBefore = previous ? text.slice(previous.at + previous.text.length, token.at).includes('\n') : true;
      if (kind === 'comment') {
        if (!previous) out += word;
        else if (lineBefore) { fresh(); out += word; } else out = out.trimEnd() + ' ' + word;
      } else if (word === '{' && block) {
        out = out.trimEnd() + (out.trim() && !/\n$/.test(out) ? ' {' : '{'); depth += 1;
      } else if (word === '}' && block) {
        depth = Math.max(0, depth - 1); fresh(); out += '}';
        if (depth === 0 && index < tokens.length - 1) out += '\n\n';
      } else if ('([{'.includes(word)) {
        inner += 1;
        if (word !== '(' && /[\w"$]$/.test(out)) out += ', ';
        out += word === '{' ? '{ ' : word;
      } else if (')]}'.includes(word)) {
        inner = Math.max(0, inner - 1); out = out.trimEnd() + (word === '}' ? (out.trimEnd().endsWith('{') ? '}' : ' }') : word);
      } else if (word === ':' || word === '!') {
        out = out.trimEnd() + (word === ':' ? ': ' : '!');
      } else if (word === '=' || word === '|' || word === '&') {
        out = out.trimEnd() + ' ' + word + ' ';
      } else if (block) {
        const starts = depth > 0 && (previous?.text === '{' || previous?.text === '}' || previous?.text === ')' || previous?.kind === 'comment'
          || (['name', 'directive'].includes(previous?.kind) && previous.text !== 'on' && !/\.\.\. ?$/.test(out)));
        const goesOn = kind === 'directive' || (word === 'on' && previous?.text === '...');
        if (previous?.kind === 'comment' && depth === 0) out += '\n';
        if (starts && !goesOn) fresh();
        else if (kind === 'spread' && depth > 0) fresh();
        else if (out && !/[\s(:.]$/.test(out)) out += ' ';
        else if (previous?.text === '...' && word === 'on') out += ' ';
        out += word;
      } else {
        if (/[\w"!\])}]$/.test(out) && previous?.text !== ':') out += previous?.kind === 'name' && previous.text !== ':' && kind === 'directive' ? ' ' : ', ';
        out += word;
      }
      previous = token;
    });
    return out.trim() + '\n';
  };

  // The operations of a document, by their tokens alone, so that a half-written one is found as well.
  const operationsOf = (text) => {
    const found = [];
    let depth = 0, round = 0, open = null;
    for (const token of graphqlTokens(text)) {
      if (token.kind === 'space' || token.kind === 'comment') continue;
      if (depth === 0 && round === 0) {
        if (['query', 'mutation', 'subscription', 'fragment'].includes(token.text) && !open?.pending) open = { kind: token.text, name: null, from: token.at, pending: true };
        else if (token.kind === 'name' && open?.pending && !open.name) open.name = token.text;
        else if (token.text === '{' && !open?.pending) open = { kind: 'query', name: null, from: token.at, pending: true };
      }
      if (token.text === '(') round += 1;
      if (token.text === ')') round = Math.max(0, round - 1);
      if (token.text === '{' && round === 0) depth += 1;
      if (token.text === '}' && round === 0) {
        depth = Math.max(0, depth - 1);
        if (depth === 0 && open) { found.push({ ...open, to: token.at + 1 }); open = null; }
      }
    }
    if (open) found.push({ ...open, to: text.length });
    return found.filter((operation) => operation.kind !== 'fragment');
  };

  const WELCOME = '# Welcome. Ctrl-Enter runs the operation at the cursor.\n# Ctrl-K searches the documentation.\n\nquery Begin {\n  __typename\n}\n';
  const LINKED = `# The interview that the link is about. Enter your token at the top, then Ctrl-Enter shows it.

query Interview($id: ID!) {
  interview(id: $id) {
    id
    title
    status
    slot { start end localStart timeZone }
    panel { person { displayName } role }
    room { status opensAt closesAt }
    feedback { rating comment advice }
    reports { id status }
  }
}

# The ticket for its room; follow its url.
mutation Join($id: ID!) {
  joinRoom(input: { interviewId: $id }) {
    ticket { url expiresAt }
    userErrors { code message }
  }
}
`;
  const INVITED = `# The session that you are asked to. Enter your token at the top, then Ctrl-Enter shows it.

query Session($code: String!) {
  session(joinCode: $code) {
    title
    hostName
    needsPassword
    closesAt
    status
    interviewId
  }
}

# Wait to be admitted; the query above tells when you are, and then the id of the interview.
mutation Enter($code: String!) {
  enterLobby(input: { joinCode: $code, password: null }) {
    session { status }
    userErrors { code message }
  }
}
`;
  const query = new Editor($('query-editor'), 'query', 'The operation, in GraphQL', 'graphql', 'query { … }');
  const variables = new Editor($('panel-variables'), 'variables', 'Variables, as a JSON object', 'json', '{ "id": "int_…" }');
  const headers = new Editor($('panel-headers'), 'headers', 'Further headers, as a JSON object', 'json', '{ "Greenroom-Min-Position": "42" }');

  // What is asked.
  const objectOf = (editor, name) => {
    if (!editor.value.trim()) return {};
    let value;
    try { value = JSON.parse(editor.value); } catch (error) { throw new Error(`The ${name} are not JSON: ${error.message}`); }
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error(`The ${name} must be a JSON object.`);
    return value;
  };
  const token = () => $('token').value.trim().replace(/^bearer\s+/i, '');
  const allHeaders = () => {
    const all = { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json;q=0.9' };
    for (const [name, value] of Object.entries(objectOf(headers, 'headers'))) all[name] = String(value);
    if (token()) all.authorization = 'Bearer ' + token();
    return all;
  };
  const post = async (body, signal) => {
    const response = await fetch(endpoint, { method: 'POST', headers: allHeaders(), body: JSON.stringify(body), signal, credentials: 'omit' });
    return { response, text: await response.text() };
  };

  // What is answered.
  const say = (text, bad = false) => { $('status').textContent = text; $('status').classList.toggle('bad', bad); };
  let shown = '';
  const show = (value) => {
    shown = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
    $('result').replaceChildren(highlight(shown, 'json'));
    $('result').scrollTop = 0;
  };
  const LONGEST_FEED = 200;
  const append = (value, number) => {
    const text = JSON.stringify(value, null, 2);
    shown = text + (number > 1 ? '\n' + shown : '');
    const time = new Date().toLocaleTimeString();
    $('result').prepend(element('span', { className: 'item' }, element('small', { textContent: `#${number} · ${time}\n` }), highlight(text, 'json')));
    while ($('result').childElementCount > LONGEST_FEED) $('result').lastElementChild.remove();
  };
  const markErrors = (body, shift) => {
    const line = body?.errors?.find((error) => error.locations?.length)?.locations[0].line;
    query.mark(line ? line + shift : 0);
  };

  let running = null;
  const setRunning = (stop) => {
    running = stop;
    $('run').classList.toggle('running', Boolean(stop));
    $('run-label').textContent = stop ? 'Stop' : 'Run';
  };
  const chosenOperation = () => {
    const operations = operationsOf(query.value);
    const at = query.area.selectionStart;
    const named = operations.find((operation) => operation.name && operation.name === $('operation').value);
    return operations.find((operation) => at >= operation.from && at <= operation.to) ?? named ?? operations[0];
  };
  const run = async () => {
    if (running) { running(); return; }
    const operation = chosenOperation();
    if (!operation) { say('There is nothing to run.', true); return; }
    let body, sent;
    try {
      body = { query: query.value, variables: objectOf(variables, 'variables'), operationName: operation.name ?? undefined };
      sent = allHeaders();
    } catch (error) { say(error.message, true); return; }
    if (operation.name) $('operation').value = operation.name;
    remember();
    query.mark(0);
    if (operation.kind === 'subscription') subscribe(body, sent.authorization);
    else await ask(body);
  };
  const ask = async (body) => {
    const stop = new AbortController();
    setRunning(() => stop.abort());
    say('Waiting for the answer');
    const begun = performance.now();
    try {
      const { response, text } = await post(body, stop.signal);
      const took = Math.round(performance.now() - begun);
      let answer = null;
      try { answer = JSON.parse(text); } catch { /* shown as it is */ }
      show(answer ?? text);
      const cost = answer?.extensions?.cost ? ` · cost ${answer.extensions.cost.requested} of ${answer.extensions.cost.limit}` : '';
      const errors = answer?.errors?.length ? ` · ${answer.errors.length} ${answer.errors.length === 1 ? 'error' : 'errors'}` : '';
      say(`${response.status} · ${took} ms · ${size(text.length)}${cost}${errors}`, !response.ok || Boolean(errors));
      markErrors(answer, 0);
    } catch (error) {
      say(error.name === 'AbortError' ? 'Stopped' : 'The server cannot be reached.', error.name !== 'AbortError');
    } finally { setRunning(null); }
  };
  const size = (bytes) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);

  const subscribe = (payload, authorization) => {
    const socket = new WebSocket(socketEndpoint, 'graphql-transport-ws');
    const message = (value) => socket.send(JSON.stringify(value));
    let count = 0, ended = false;
    const end = (text, bad = false) => { if (!ended) { ended = true; say(text, bad); setRunning(null); socket.close(1000); } };
    setRunning(() => { if (socket.readyState === 1) message({ id: '1', type: 'complete' }); end(`Stopped · ${count} received`); });
    $('result').replaceChildren();
    shown = '';
    say('Connecting');
    socket.onopen = () => message({ type: 'connection_init', payload: authorization ? { authorization } : {} });
    socket.onmessage = ({ data }) => {
      const heard = JSON.parse(data);
      switch (heard.type) {
        case 'connection_ack': say('Subscribed, waiting for the first item'); message({ id: '1', type: 'subscribe', payload }); break;
        case 'ping': message({ type: 'pong', payload: heard.payload }); break;
        case 'next': count += 1; append(heard.payload, count); say(`Listening · ${count} received`); break;
        case 'error': show({ errors: heard.payload }); markErrors({ errors: heard.payload }, 0); end('The subscription was refused.', true); break;
        case 'complete': end(`Complete · ${count} received`); break;
      }
    };
    socket.onclose = ({ code, reason }) => end(`Closed with ${code}${reason ? ': ' + reason : ''} · ${count} received`, code !== 1000);
  };

  // History, newest first, without anything secret.
  const MOST_REMEMBERED = 50;
  let remembered = [];
  try { remembered = JSON.parse(stored(localStorage, 'history') ?? '[]'); } catch { /* begins anew */ }
  if (!Array.isArray(remembered)) remembered = [];
  const remember = () => {
    const entry = { query: query.value, variables: variables.value, at: Date.now() };
    remembered = [entry, ...remembered.filter((other) => other.query !== entry.query || other.variables !== entry.variables)].slice(0, MOST_REMEMBERED);
    keepHistory();
  };
  const keepHistory = () => { store(localStorage, 'history', JSON.stringify(remembered)); drawHistory(); };
  const drawHistory = () => {
    $('history-list').replaceChildren(...remembered.map((entry) => {
      const operation = operationsOf(entry.query)[0];
      const title = operation?.name ? `${operation.kind} ${operation.name}` : entry.query.replace(/#[^\n]*/g, '').replace(/\s+/g, ' ').trim();
      const restore = element('button', { type: 'button', title: entry.query, onclick: () => { query.value = entry.query; variables.value = entry.variables; query.area.focus(); } },
        element('b', { textContent: title }), element('small', { textContent: new Date(entry.at).toLocaleString() }));
      const drop = element('button', { type: 'button', className: 'small', textContent: 'Forget', onclick: () => { remembered = remembered.filter((other) => other !== entry); keepHistory(); } });
      drop.setAttribute('aria-label', `Forget ${title}`);
      return element('li', {}, restore, drop);
    }));
    if (!remembered.length) $('history-list').append(element('li', { textContent: 'Nothing was run yet.' }));
  };

  // Documentation, from introspection.
  const TYPE = 'kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }';
  const INPUT = `name description defaultValue type { ${TYPE} }`;
  const INTROSPECTION = `query Explorer { __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types { kind name description specifiedByURL
      fields(includeDeprecated: true) { name description isDeprecated deprecationReason args { ${INPUT} } type { ${TYPE} } }
      inputFields { ${INPUT} } interfaces { name } possibleTypes { name }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } } } }`;
  let schema = null, types = new Map(), trail = [];
  const loadSchema = async () => {
    const badge = (text, state) => { $('connection').textContent = text; $('connection').className = 'badge ' + state; };
    try {
      const { text } = await post({ query: INTROSPECTION });
      const answer = JSON.parse(text);
      if (!answer.data) throw new Error(answer.errors?.[0]?.message ?? 'no schema');
      schema = answer.data.__schema;
      types = new Map(schema.types.map((type) => [type.name, type]));
      const count = schema.types.filter((type) => !type.name.startsWith('__')).length;
      badge(`${count} types`, 'good');
      drawDocs();
    } catch (error) { badge('no schema: ' + error.message, 'bad'); }
  };
  const roots = () => [['query', schema.queryType], ['mutation', schema.mutationType], ['subscription', schema.subscriptionType]].filter(([, type]) => type);
  const typeText = (type) => (type.kind === 'NON_NULL' ? typeText(type.ofType) + '!' : type.kind === 'LIST' ? `[${typeText(type.ofType)}]` : type.name);
  const base = (type) => (type.ofType ? base(type.ofType) : type);
  const typeLink = (type) => {
    const parts = typeText(type).split(base(type).name);
    return element('span', {}, parts[0], link(base(type).name), parts[1]);
  };
  const link = (name) => element('button', { type: 'button', className: 'link', textContent: name, onclick: () => go(name) });
  const go = (name) => { trail.push(name); $('search').value = ''; drawDocs(); $('docs-body').scrollTop = 0; $('docs-body').focus(); };
  const note = (entry) => [
    entry.description ? element('p', { textContent: entry.description }) : null,
    entry.isDeprecated ? element('p', { className: 'old', textContent: 'Deprecated: ' + (entry.deprecationReason ?? '') }) : null,
  ];
  const argument = (input) => element('span', { className: 'args', title: input.description ?? '' },
    element('span', { className: 'v', textContent: input.name }), ': ', typeLink(input.type), input.defaultValue === null || input.defaultValue === undefined ? null : ` = ${input.defaultValue}`);
  const fieldEntry = (type, field) => {
    const root = roots().find(([, candidate]) => candidate.name === type.name);
    const sig = element('span', { className: 'sig' }, element('span', { className: 'f', textContent: field.name }));
    if (field.args?.length) sig.append('(', ...field.args.map(argument), ')');
    sig.append(': ', typeLink(field.type));
    const use = root ? element('button', { type: 'button', className: 'small', textContent: 'Use', title: 'Write this operation into the editor', onclick: () => useField(root[0], field) }) : null;
    use?.setAttribute('aria-label', `Use ${field.name}`);
    return element('div', { className: 'entry' }, element('div', { className: 'head' }, sig, use), ...note(field));
  };
  const inputEntry = (input) => element('div', { className: 'entry' }, element('span', { className: 'sig' }, argument(input)), ...note(input));
  const typePage = (type) => {
    const kind = { OBJECT: 'type', INPUT_OBJECT: 'input' }[type.kind] ?? type.kind.toLowerCase();
    const page = [element('h2', {}, element('span', { className: 'k', textContent: kind + ' ' }), element('span', { className: 't', textContent: type.name }))];
    if (type.description) page.push(element('p', { className: 'lead', textContent: type.description }));
    if (type.specifiedByURL) page.push(element('p', { className: 'lead', textContent: 'Specified by ' + type.specifiedByURL }));
    const part = (title, entries) => { if (entries?.length) page.push(element('h3', { textContent: title }), ...entries); };
    part('Implements', type.interfaces?.map((other) => element('div', { className: 'entry' }, link(other.name))));
    part('Fields', type.fields?.map((field) => fieldEntry(type, field)));
    part('Fields', type.inputFields?.map(inputEntry));
    part('Values', type.enumValues?.map((value) => element('div', { className: 'entry' }, element('span', { className: 'sig n', textContent: value.name }), ...note(value))));
    part('One of', type.possibleTypes?.map((other) => element('div', { className: 'entry' }, link(other.name))));
    part('Used by', usersOf(type.name).map(([owner, field]) => element('div', { className: 'entry' }, link(owner), element('span', { className: 'sig', textContent: '.' + field }))));
    return page;
  };
  const usersOf = (name) => schema.types.filter((type) => !type.name.startsWith('__')).flatMap((type) => [...(type.fields ?? []), ...(type.inputFields ?? [])]
    .filter((field) => base(field.type).name === name || field.args?.some((input) => base(input.type).name === name)).map((field) => [type.name, field.name])).slice(0, 30);
  const overview = () => {
    const page = roots().map(([kind, { name }]) => [
      element('h3', { textContent: kind + ' fields' }), ...types.get(name).fields.map((field) => fieldEntry(types.get(name), field))]).flat();
    const others = schema.types.filter((type) => !type.name.startsWith('__') && !roots().some(([, root]) => root.name === type.name));
    return [...page, element('h3', { textContent: 'All types' }), ...others.map((type) => element('div', { className: 'entry' }, link(type.name)))];
  };
  const found = (text) => {
    const wanted = text.toLowerCase();
    const rank = (name) => (name.toLowerCase() === wanted ? 0 : name.toLowerCase().startsWith(wanted) ? 1 : name.toLowerCase().includes(wanted) ? 2 : 3);
    const hits = [];
    for (const type of schema.types) {
      if (type.name.startsWith('__')) continue;
      if (rank(type.name) < 3) hits.push([rank(type.name), element('div', { className: 'entry' }, link(type.name), element('p', { textContent: type.description?.split('\n')[0] ?? '' }))]);
      for (const field of [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])]) {
        if (rank(field.name) === 3) continue;
        const open = element('button', { type: 'button', className: 'link name', textContent: `${type.name}.${field.name}`, onclick: () => go(type.name) });
        hits.push([rank(field.name) + .5, element('div', { className: 'entry' }, open, element('p', { textContent: field.description?.split('\n')[0] ?? '' }))]);
      }
    }
    hits.sort(([a], [b]) => a - b);
    return hits.length ? hits.slice(0, 100).map(([, entry]) => entry) : [element('p', { className: 'lead', textContent: 'Nothing of that name.' })];
  };
  const drawDocs = () => {
    if (!schema) return;
    const wanted = $('search').value.trim();
    const type = types.get(trail.at(-1));
    $('docs-back').disabled = !trail.length && !wanted;
    $('docs-body').replaceChildren(...(wanted ? found(wanted) : type ? typePage(type) : overview()));
  };

  // Writes an operation for a root field: its required arguments as variables, its plain fields as a selection.
  const leaf = (type) => ['SCALAR', 'ENUM'].includes(base(type).kind);
  const selectionOf = (type, depth) => {
    const fields = types.get(base(type).name)?.fields;
    if (!fields) return types.get(base(type).name)?.possibleTypes ? ' { __typename }' : '';
    const free = fields.filter((field) => !field.args.some((input) => input.type.kind === 'NON_NULL' && input.defaultValue === null));
    const plain = free.filter((field) => leaf(field.type) && !field.isDeprecated).slice(0, 8).map((field) => field.name);
    const deeper = depth > 0 ? free.filter((field) => !leaf(field.type) && ['edges', 'node', 'userErrors'].includes(field.name)).map((field) => field.name + selectionOf(field.type, depth - 1)) : [];
    return ` { ${[...plain, ...deeper].join(' ') || '__typename'} }`;
  };
  const useField = (kind, field) => {
    const inputs = field.args.filter((input) => input.type.kind === 'NON_NULL' || ['where', 'first'].includes(input.name) === false && field.args.length < 3);
    const declared = inputs.map((input) => `$${input.name}: ${typeText(input.type)}`).join(', ');
    const given = inputs.map((input) => `${input.name}: $${input.name}`).join(', ');
    const name = field.name[0].toUpperCase() + field.name.slice(1);
    const text = `${kind} ${name}${declared ? `(${declared})` : ''} { ${field.name}${given ? `(${given})` : ''}${leaf(field.type) ? '' : selectionOf(field.type, 3)} }`;
    const before = query.value.trimEnd() && query.value !== WELCOME ? query.value.trimEnd() + '\n\n' : '';
    query.value = before + prettify(text);
    query.area.focus();
    query.select(before.length, before.length);
    query.area.scrollTop = query.area.scrollHeight;
    if (inputs.length) {
      let present = {};
      try { present = objectOf(variables, 'variables'); } catch { /* replaced by what is needed */ }
      for (const input of inputs) present[input.name] ??= sample(input.type, 2);
      variables.value = JSON.stringify(present, null, 2);
    }
  };
  const sample = (type, depth) => {
    if (type.kind === 'NON_NULL') return sample(type.ofType, depth);
    if (type.kind === 'LIST') return [];
    const known = types.get(type.name);
    if (known?.kind === 'ENUM') return known.enumValues[0]?.name ?? null;
    if (known?.kind === 'INPUT_OBJECT') return depth ? Object.fromEntries(known.inputFields.filter((input) => input.type.kind === 'NON_NULL').map((input) => [input.name, sample(input.type, depth - 1)])) : null;
    return { Int: 0, Float: 0, Boolean: false }[type.name] ?? '';
  };

  // The page.
  const side = (wanted) => {
    const open = wanted && !($('side').hidden === false && $(wanted).hidden === false);
    $('side').hidden = !open;
    for (const name of ['docs', 'history']) {
      $(name).hidden = name !== wanted;
      $('show-' + name).setAttribute('aria-expanded', String(Boolean(open) && name === wanted));
    }
    store(localStorage, 'side', open ? wanted : '');
    return open;
  };
  const theme = (wanted) => {
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = wanted || (dark ? 'dark' : 'light');
    $('theme').textContent = document.documentElement.dataset.theme === 'dark' ? 'Light' : 'Dark';
    $('theme').setAttribute('aria-label', `Switch to the ${$('theme').textContent.toLowerCase()} theme`);
  };
  const width = (percent) => {
    const value = Math.min(80, Math.max(20, percent));
    $('ask').style.flexBasis = value + '%';
    $('splitter').setAttribute('aria-valuenow', String(Math.round(value)));
    store(localStorage, 'width', String(value));
  };
  const tabs = [['tab-variables', variables], ['tab-headers', headers]];
  const tab = (index) => tabs.forEach(([id], other) => {
    $(id).setAttribute('aria-selected', String(other === index));
    $(id).tabIndex = other === index ? 0 : -1;
    $($(id).getAttribute('aria-controls')).hidden = other !== index;
  });
  tabs.forEach(([id], index) => {
    $(id).addEventListener('click', () => tab(index));
    $(id).addEventListener('keydown', (event) => {
      if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') { tab(1 - index); $(tabs[1 - index][0]).focus(); }
    });
  });
  const drawOperations = () => {
    const named = operationsOf(query.value).filter((operation) => operation.name);
    const before = $('operation').value;
    $('operation-label').hidden = named.length < 2;
    $('operation').replaceChildren(...named.map((operation) => element('option', { textContent: operation.name, value: operation.name })));
    if (named.some((operation) => operation.name === before)) $('operation').value = before;
  };
  query.onchange = () => { store(localStorage, 'query', query.value); drawOperations(); };
  variables.onchange = () => store(localStorage, 'variables', variables.value);
  headers.onchange = () => store(sessionStorage, 'headers', headers.value);
  const tidy = () => {
    query.area.focus();
    const text = prettify(query.value);
    if (text !== query.value) { query.area.select(); query.insert(text); query.select(0, 0); }
    try { if (variables.value.trim()) variables.value = JSON.stringify(JSON.parse(variables.value), null, 2); } catch { say('The variables are not JSON.', true); }
  };
  const searchDocs = () => { if ($('side').hidden || $('docs').hidden) side('docs'); $('search').focus(); $('search').select(); };

  $('run').addEventListener('click', run);
  $('prettify').addEventListener('click', tidy);
  $('show-docs').addEventListener('click', () => { if (side('docs')) $('search').focus(); });
  $('show-history').addEventListener('click', () => side('history'));
  $('docs-back').addEventListener('click', () => { if ($('search').value) $('search').value = ''; else trail.pop(); drawDocs(); });
  $('search').addEventListener('input', drawDocs);
  $('forget').addEventListener('click', () => { remembered = []; keepHistory(); });
  $('clear').addEventListener('click', () => { show(''); say('No answer yet'); });
  $('copy').addEventListener('click', async () => { try { await navigator.clipboard.writeText(shown); say('Copied'); } catch { say('The browser does not allow copying here.', true); } });
  $('reveal').addEventListener('click', () => {
    const hidden = $('token').type === 'password';
    $('token').type = hidden ? 'text' : 'password';
    $('reveal').textContent = hidden ? 'Hide' : 'Show';
    $('reveal').setAttribute('aria-pressed', String(hidden));
  });
  $('token').addEventListener('change', () => { store(sessionStorage, 'token', token()); loadSchema(); });
  $('operation').addEventListener('change', () => {
    const operation = operationsOf(query.value).find((candidate) => candidate.name === $('operation').value);
    if (operation) { query.area.focus(); query.select(operation.from, operation.from); }
  });
  $('theme').addEventListener('click', () => {
    const wanted = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    store(localStorage, 'theme', wanted);
    theme(wanted);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => theme(stored(localStorage, 'theme')));
  $('splitter').addEventListener('pointerdown', (event) => { $('splitter').setPointerCapture(event.pointerId); });
  $('splitter').addEventListener('pointermove', (event) => {
    if (!$('splitter').hasPointerCapture(event.pointerId)) return;
    const area = $('main').getBoundingClientRect();
    width((event.clientX - area.left) / area.width * 100);
  });
  $('splitter').addEventListener('keydown', (event) => {
    const now = Number($('splitter').getAttribute('aria-valuenow'));
    if (event.key === 'ArrowLeft') width(now - 2);
    if (event.key === 'ArrowRight') width(now + 2);
  });
  document.addEventListener('keydown', (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === 'Enter') { event.preventDefault(); run(); }
    if (command && event.shiftKey && event.key.toLowerCase() === 'f') { event.preventDefault(); tidy(); }
    if (command && !event.shiftKey && event.key.toLowerCase() === 'k') { event.preventDefault(); searchDocs(); }
  });

  theme(stored(localStorage, 'theme'));
  if (stored(localStorage, 'width')) width(Number(stored(localStorage, 'width')));
  $('token').value = stored(sessionStorage, 'token') ?? '';
  headers.value = stored(sessionStorage, 'headers') ?? '';
  variables.value = stored(localStorage, 'variables') ?? '';
  query.value = stored(localStorage, 'query') || WELCOME;
  const begin = (text, values) => {
    // What was written before stays in the history.
    if (query.value !== WELCOME) remember();
    variables.value = JSON.stringify(values, null, 2);
    query.value = text;
    const first = text.indexOf('query');
    query.select(first, first);
  };
  if (/^int_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(linked ?? '')) begin(LINKED, { id: linked });
  if (/^[2-9B-DF-HJ-KM-NP-TV-XZ]{3}(-[2-9B-DF-HJ-KM-NP-TV-XZ]{3}){2}$/.test(code)) begin(INVITED, { code });
  const beginning = stored(localStorage, 'side') ?? 'docs';
  if (beginning) side(beginning);
  drawHistory();
  loadSchema();
  query.area.focus();
})();
