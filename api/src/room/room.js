'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const element = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const say = (text) => { $('status').textContent = text; };
  const note = (text) => { $('note').textContent = text; $('note').hidden = !text; };

  // The address names a room, with its ticket behind the #, or an interview, whose ticket is fetched with a token.
  const place = location.pathname.match(/^(.*\/)rooms\/([^/]+)\/?$/);
  const base = new URL(place?.[1] ?? '/', location.origin);
  let ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
  let room = place?.[2] ?? '';
  // The ticket is for one use and for nobody else: it does not stay in the address or the history.
  if (location.hash) history.replaceState(null, '', location.pathname);

  // What is sent of oneself. A browser without a camera, or without anything, takes part all the same.
  const own = { audio: null, video: null, microphone: true, camera: true };
  const NOT_SECURE = 'Browsers give camera and microphone to pages with HTTPS only, so the others neither see nor hear you. You see and hear them.';
  const capture = async () => {
    if (!navigator.mediaDevices?.getUserMedia) { note(NOT_SECURE); return; }
    const wishes = [{ audio: true, video: true }, { audio: true }, { video: true }];
    for (const wish of wishes) {
      try {
        const stream = await navigator.mediaDevices.getUserMedia(wish);
        own.audio = stream.getAudioTracks()[0] ?? null;
        own.video = stream.getVideoTracks()[0] ?? null;
        break;
      } catch { /* the next wish is smaller */ }
    }
    const lacking = [own.video ? '' : 'camera', own.audio ? '' : 'microphone'].filter(Boolean).join(' and no ');
    note(lacking ? `This browser has no ${lacking} that it lets this page use. You take part without, and see and hear the others.` : '');
  };

  const ROLES = { candidate: 'Candidate', interviewer: 'Interviewer' };
  // One person's picture: a video, or words in its place.
  const tile = (className) => {
    const video = element('video', { autoplay: true, playsInline: true });
    const nothing = element('p', { className: 'nothing' });
    const caption = element('figcaption');
    const figure = element('figure', { className }, video, nothing, caption);
    $('people').append(figure);
    const show = (label, picture, words) => {
      caption.textContent = label;
      video.setAttribute('aria-label', label);
      video.hidden = !picture;
      nothing.hidden = picture;
      nothing.textContent = words;
    };
    return { figure, video, show };
  };

  let self = null, role = null;
  const drawSelf = () => {
    self ??= tile('self');
    self.video.muted = true;
    const muted = own.audio ? (own.microphone ? '' : ', muted') : ', no microphone';
    const picture = Boolean(own.video) && own.camera;
    self.show(`You${role ? ` (${ROLES[role].toLowerCase()})` : ''}${muted}`, picture, own.video ? 'Your camera is off' : 'No camera');
    const shown = self.video.srcObject?.getVideoTracks()[0] ?? null;
    if (shown !== own.video) self.video.srcObject = own.video ? new MediaStream([own.video]) : null;
    const button = (id, has, on, off) => {
      $(id).disabled = !has;
      $(id).setAttribute('aria-pressed', String(has && off));
    };
    button('microphone', Boolean(own.audio), own.microphone, !own.microphone);
    button('camera', Boolean(own.video), own.camera, !own.camera);
  };
  const state = () => JSON.stringify({ microphone: Boolean(own.audio) && own.microphone, camera: Boolean(own.video) && own.camera });
  const toggle = (what) => {
    own[what] = !own[what];
    const track = what === 'microphone' ? own.audio : own.video;
    if (track) track.enabled = own[what];
    drawSelf();
    for (const peer of peers.values()) peer.tell();
  };

  // The others, by the names that the relay gave their connections. Whoever comes in makes the offers, so that two
  // never offer at once.
  const peers = new Map();
  // The ticket of the next connection: the one that was brought, and later the one that the welcome gave for a way back.
  let back = null;
  let socket = null, servers = [], left = false, attempt = 0;
  const send = (message) => { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)); };

  class Peer {
    constructor(name, role, offers) {
      this.name = name;
      this.role = role;
      this.offers = offers;
      const alike = [...peers.values()].filter((other) => other.role === role).length;
      this.label = ROLES[role] + (alike ? ` ${alike + 1}` : '');
      this.remote = { microphone: true, camera: true };
      this.early = [];
      this.tile = tile('other');
      this.stream = new MediaStream();
      this.tile.video.srcObject = this.stream;
      this.connection = new RTCPeerConnection({ iceServers: servers });
      this.connection.onicecandidate = ({ candidate }) => {
        if (candidate) send({ type: 'candidate', to: name, candidate: candidate.toJSON() });
      };
      this.connection.ontrack = ({ track }) => {
        this.stream.addTrack(track);
        this.tile.video.play().catch(() => { /* the click on Join allows it */ });
        this.draw();
      };
      this.connection.onconnectionstatechange = () => {
        this.draw();
        if (this.connection.connectionState === 'failed' && offers) this.offer({ iceRestart: true });
      };
      // What is switched off is told from browser to browser; nobody else needs to know.
      this.channel = this.connection.createDataChannel('state', { negotiated: true, id: 0 });
      this.channel.onopen = () => this.tell();
      this.channel.onmessage = ({ data }) => {
        try {
          const { microphone, camera } = JSON.parse(data);
          this.remote = { microphone: microphone === true, camera: camera === true };
          this.draw();
        } catch { /* not a state */ }
      };
      this.draw();
      if (offers) {
        for (const kind of ['audio', 'video']) this.connection.addTransceiver(own[kind] ?? kind, { direction: own[kind] ? 'sendrecv' : 'recvonly' });
        this.offer();
      }
    }
    tell() { if (this.channel.readyState === 'open') this.channel.send(state()); }
    draw() {
      const label = `${this.label}${this.remote.microphone ? '' : ', muted'}`;
      const words = { new: 'Connecting', connecting: 'Connecting', disconnected: 'The connection is weak', failed: 'No direct connection could be made' }[this.connection.connectionState];
      const picture = !words && this.remote.camera && this.stream.getVideoTracks().length > 0;
      this.tile.show(label, picture, words ?? 'No picture: their camera is off, or there is none');
      this.tile.figure.dataset.state = this.connection.connectionState;
    }
    async offer(options) {
      await this.connection.setLocalDescription(await this.connection.createOffer(options));
      send({ type: 'offer', to: this.name, sdp: this.connection.localDescription.sdp });
    }
    async hear(said) {
      if (said.type === 'candidate') {
        if (this.connection.remoteDescription) await this.connection.addIceCandidate(said.candidate);
        else this.early.push(said.candidate);
        return;
      }
      await this.connection.setRemoteDescription({ type: said.type, sdp: said.sdp });
      for (const candidate of this.early.splice(0)) await this.connection.addIceCandidate(candidate);
      if (said.type !== 'offer') return;
      for (const transceiver of this.connection.getTransceivers()) {
        const track = own[transceiver.receiver.track.kind];
        if (!track || transceiver.sender.track) continue;
        await transceiver.sender.replaceTrack(track);
        transceiver.direction = 'sendrecv';
      }
      await this.connection.setLocalDescription(await this.connection.createAnswer());
      send({ type: 'answer', to: this.name, sdp: this.connection.localDescription.sdp });
    }
    end() { this.connection.close(); this.tile.figure.remove(); }
  }

  const count = () => {
    const others = peers.size;
    say(others === 0 ? 'You are in. Nobody else is here yet.' : others === 1 ? 'You are in, with one other person.' : `You are in, with ${others} others.`);
  };
  const empty = () => { for (const peer of peers.values()) peer.end(); peers.clear(); };
  const hear = (message) => {
    switch (message.type) {
      case 'welcome':
        attempt = 0;
        role = message.role;
        servers = message.iceServers;
        back = message.back?.ticket ?? null;
        empty();
        for (const { peer, role: theirs } of message.present) peers.set(peer, new Peer(peer, theirs, true));
        drawSelf();
        return count();
      case 'hello': peers.set(message.peer, new Peer(message.peer, message.role, false)); return count();
      case 'bye': peers.get(message.from)?.end(); peers.delete(message.from); return count();
      case 'said': {
        const peer = peers.get(message.from);
        // One after the other: an answer must not overtake the description that it is for.
        if (peer) peer.busy = (peer.busy ?? Promise.resolve()).then(() => peer.hear(message.said)).catch(() => { /* the connection's state tells */ });
      }
    }
  };

  const ENDS = {
    4400: 'The server did not understand this page. Reload it and join again.',
    4408: 'The server has waited too long. Join again from where you came.',
    4409: 'The room is full.',
    4410: 'The room is closed. Thank you for coming.',
    4429: 'This page has sent too much. Reload it and join again.',
  };
  const REFUSED = {
    'Ticket used': 'This ticket was used before. A ticket opens the door once: join again from where you came.',
    'Ticket expired': 'This ticket has expired. Join again from where you came.',
    'Too early': 'The room is not open yet. Come back a little later.',
  };
  const over = (text) => {
    left = true;
    empty();
    for (const track of [own.audio, own.video]) track?.stop();
    own.audio = own.video = null;
    drawSelf();
    note('');
    say(text);
    $('controls').hidden = true;
  };
  const LONGEST_PAUSE = 15000;
  const connect = (withTicket) => {
    const address = new URL(`rooms/${room}/signal`, base);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const mine = new WebSocket(address);
    socket = mine;
    back = withTicket;
    mine.onopen = () => send({ type: 'hello', ticket: withTicket });
    mine.onmessage = ({ data }) => hear(JSON.parse(data));
    mine.onclose = ({ code, reason }) => {
      if (left) return;
      if (code === 4403) return over(REFUSED[reason] ?? 'This ticket lets nobody in. Join again from where you came.');
      if (ENDS[code]) return over(ENDS[code]);
      if (!back) return over('The connection broke. Join again from where you came.');
      say('The connection broke, connecting again');
      attempt += 1;
      setTimeout(() => { if (!left) connect(back); }, Math.min(LONGEST_PAUSE, 500 * 2 ** attempt));
    };
  };
  const leave = () => {
    send({ type: 'bye' });
    left = true;
    socket?.close(1000);
    over('You have left the room.');
  };

  // The door: a token is turned into a ticket by the API, whoever gives the rooms.
  const JOIN = 'mutation Join($input: JoinRoomInput!) { joinRoom(input: $input) { ticket { url } userErrors { code message ... on TooEarlyError { opensAt } } } }';
  const fetchTicket = async (interview, token) => {
    const response = await fetch(new URL('graphql', base), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer ' + token },
      body: JSON.stringify({ query: JOIN, variables: { input: { interviewId: interview } } }),
      credentials: 'omit',
    });
    const { data, errors } = await response.json();
    const payload = data?.joinRoom;
    const refused = payload?.userErrors?.[0];
    if (refused?.opensAt) throw new Error(`The room opens at ${new Date(refused.opensAt).toLocaleString()}.`);
    if (!payload?.ticket) throw new Error(refused?.message ?? errors?.[0]?.message ?? 'no ticket');
    return new URL(payload.ticket.url);
  };
  $('door').addEventListener('submit', async (event) => {
    event.preventDefault();
    say('Getting a ticket');
    try {
      const url = await fetchTicket(room, $('token').value.trim().replace(/^bearer\s+/i, ''));
      $('token').value = '';
      const found = url.pathname.match(/\/rooms\/([^/]+)$/);
      const received = new URLSearchParams(url.hash.slice(1)).get('ticket');
      // Rooms that somebody else gives are elsewhere.
      if (!found || !received) { location.assign(url); return; }
      room = found[1];
      ticket = received;
      await prepare();
    } catch (error) { say(`You cannot come in: ${error.message}`); }
  });

  const prepare = async () => {
    $('door').hidden = true;
    $('room').hidden = false;
    say('Waiting for camera and microphone');
    await capture();
    drawSelf();
    $('controls').hidden = false;
    say('Ready. Nobody sees or hears you before you join.');
    $('join').focus();
  };
  $('join').addEventListener('click', () => {
    $('join').hidden = true;
    $('leave').hidden = false;
    say('Joining');
    connect(ticket);
    ticket = null;
    $('microphone').focus();
  });
  $('microphone').addEventListener('click', () => toggle('microphone'));
  $('camera').addEventListener('click', () => toggle('camera'));
  $('leave').addEventListener('click', leave);
  addEventListener('pagehide', () => { if (socket && !left) send({ type: 'bye' }); });

  if (ticket) prepare();
  else if (/^int_/.test(room)) {
    $('door').hidden = false;
    say('You need a ticket.');
    try { $('token').value = sessionStorage.getItem('greenroom.token') ?? ''; } catch { /* typed then */ }
    $('token').focus();
  } else say('There is no ticket in the address, or it was used. Join again from where you came.');
})();
