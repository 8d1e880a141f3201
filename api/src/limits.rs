//! How large an operation may be, decided before anything of it runs.
//!
//! Two passes stand before the library. [`scan`] reads the text once, counts tokens and how deep brackets nest: the
//! parser recurses, so that a long row of `[` would end the process. [`measure`] walks the parsed document: every
//! fragment once, in an order in which what it spreads comes first, with sums that saturate. So thirty fragments that
//! double each other cost thirty steps here, whereas the library's own checks would walk every spread again.
//!
//! The cost of an operation is an upper bound of its work: one for every object that it can return, ten more for a
//! mutation. How many objects a list can have is read from `first` and `last`, from the length of a list of ids, and
//! from the schema where neither is given.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Pos, Positioned, ServerError, Value as ConstValue, Variables,
    parser::{
        parse_schema,
        types::{
            BaseType, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
            Type, TypeKind, TypeSystemDefinition,
        },
    },
};
use async_graphql_value::Value;

use crate::error::{ApiError, ErrorCode};

/// The bounds of one operation.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Lexical tokens of the document.
    pub tokens: usize,
    /// How deep brackets of any kind may nest in the text.
    pub nesting: usize,
    /// How deep fields may nest. Introspection by common tools needs about 16.
    pub depth: u64,
    /// How deep selections may nest: fields, inline fragments and spreads. No more than the library's own bound of 32,
    /// whose refusal would have no code.
    pub levels: u64,
    /// How deep `fields`, `inputFields`, `interfaces` and `possibleTypes` may nest in introspection. Each level
    /// multiplies the answer by the size of the schema; tools need 1.
    pub introspection_depth: u64,
    /// How often the schema may be asked for in one operation, by `__schema` or `__type`.
    pub introspections: u64,
    /// Fields at the root of the operation, with fragments written out.
    pub root_fields: u64,
    /// Aliases, with fragments written out.
    pub aliases: u64,
    /// Directives, with fragments written out.
    pub directives: u64,
    /// Fields and spreads of the whole document, with fragments written out.
    pub selections: u64,
    /// Cost of the operation.
    pub cost: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 10_000,
            nesting: 64,
            depth: 24,
            levels: 32,
            introspection_depth: 2,
            introspections: 5,
            root_fields: 50,
            aliases: 100,
            directives: 100,
            selections: 5_000,
            cost: 20_000,
        }
    }
}

/// What an operation was measured to be, after it was found to be within the limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measured {
    /// Upper bound of the work.
    pub cost: u64,
    /// Selections that were looked at; what the measuring itself cost.
    pub steps: u64,
}

/// Why an operation is not run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TooLarge {
    /// Beyond one of the bounds.
    #[error("the operation has more {what} than the {limit} that are allowed")]
    Beyond {
        /// Which bound, in words.
        what: &'static str,
        /// Its value.
        limit: u64,
    },
    /// The cost is beyond its bound.
    #[error(
        "the operation's cost of {requested} is above the {limit} that are allowed; ask for shorter lists"
    )]
    Cost {
        /// The upper bound of the operation's work.
        requested: u64,
        /// The greatest cost allowed.
        limit: u64,
    },
    /// A fragment spreads itself, directly or through others.
    #[error("the fragment {name} spreads itself")]
    Cycle {
        /// The fragment.
        name: String,
        /// Where it is defined.
        at: Pos,
    },
}

impl TooLarge {
    /// The code and the sentence for the client, with the place if there is one.
    pub(crate) fn into_server_error(self) -> ServerError {
        let (code, at) = match &self {
            Self::Beyond { .. } | Self::Cost { .. } => (ErrorCode::OperationTooLarge, None),
            Self::Cycle { at, .. } => (ErrorCode::ValidationFailed, Some(*at)),
        };
        let mut error = ApiError::new(code, self.to_string()).into_server_error("");
        error.locations.extend(at);
        error
    }
}

fn within(value: u64, limit: u64, what: &'static str) -> Result<(), TooLarge> {
    if value > limit {
        return Err(TooLarge::Beyond { what, limit });
    }
    Ok(())
}

/// Counts tokens and nesting of a document without parsing it. Text that is not GraphQL may pass: the parser says so
/// better.
pub fn scan(text: &str, limits: &Limits) -> Result<(), TooLarge> {
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut nesting) = (0, 0_u64, 0_u64);
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xef | 0xbb | 0xbf => at + 1,
            b'#' => skip_while(bytes, at, |byte| byte != b'\n' && byte != b'\r'),
            token => {
                tokens += 1;
                within(tokens, limits.tokens as u64, "tokens")?;
                match token {
                    b'{' | b'[' | b'(' => nesting += 1,
                    b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
                    _ => {}
                }
                within(nesting, limits.nesting as u64, "levels of brackets")?;
                end_of_token(bytes, at)
            }
        };
    }
    Ok(())
}

fn end_of_token(bytes: &[u8], at: usize) -> usize {
    match bytes[at] {
        b'"' if bytes[at..].starts_with(b"\"\"\"") => end_of_block_string(bytes, at + 3),
        b'"' => end_of_string(bytes, at + 1),
        b'.' => skip_while(bytes, at, |byte| byte == b'.'),
        byte if is_word(byte) => skip_while(bytes, at, is_word),
        _ => at + 1,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || byte >= 0x80
}

fn skip_while(bytes: &[u8], from: usize, goes_on: impl Fn(u8) -> bool) -> usize {
    bytes[from..]
        .iter()
        .position(|byte| !goes_on(*byte))
        .map_or(bytes.len(), |length| from + length)
}

fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' | b'\r' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn end_of_block_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        if bytes[at..].starts_with(b"\\\"\"\"") {
            at += 4;
        } else if bytes[at..].starts_with(b"\"\"\"") {
            return at + 3;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Where `null` may stand in a field's value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    nullable: bool,
    item: Option<Box<Shape>>,
}

impl Shape {
    fn of(ty: &Type) -> Self {
        Self {
            nullable: ty.nullable,
            item: match &ty.base {
                BaseType::Named(_) => None,
                BaseType::List(item) => Some(Box::new(Self::of(item))),
            },
        }
    }

    /// Whether the value itself may be `null`.
    pub(crate) const fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// The shape of the items, if the value is a list.
    pub(crate) fn item(&self) -> Option<&Self> {
        self.item.as_deref()
    }

    /// Of two fields under one response key, which are fields of different types, the one that allows more.
    pub(crate) fn or_looser(self, other: &Self) -> Self {
        if other.nullable { other.clone() } else { self }
    }
}

/// What the shell knows of a schema: which fields return objects, how many, and where `null` may stand.
#[derive(Clone, Debug, Default)]
pub struct CostModel {
    types: HashMap<String, HashMap<String, FieldCost>>,
    query: String,
    mutation: String,
    subscription: String,
}

#[derive(Clone, Debug)]
struct FieldCost {
    returns: String,
    shape: Shape,
    leaf: bool,
    list: bool,
    paged: bool,
}

/// Entries of a page when neither `first` nor `last` is given, as the API's conventions say.
const DEFAULT_PAGE: u64 = 20;
/// Entries of a list that cannot be paged. Such lists are short by design: panels, rating items, slots of a day.
const SHORT_LIST: u64 = 10;
/// What a mutation costs beside the objects it returns.
const MUTATION: u64 = 10;

/// The text is not a schema in GraphQL's definition language.
#[derive(Debug, thiserror::Error)]
#[error("the schema's text cannot be read")]
pub struct UnreadableSchema(#[source] async_graphql::parser::Error);

impl CostModel {
    /// Reads the model from a schema's definition.
    pub fn from_sdl(sdl: &str) -> Result<Self, UnreadableSchema> {
        let document = parse_schema(sdl).map_err(UnreadableSchema)?;
        let mut model = Self {
            query: "Query".to_owned(),
            mutation: "Mutation".to_owned(),
            subscription: "Subscription".to_owned(),
            ..Self::default()
        };
        let mut composite = HashSet::new();
        for definition in &document.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    let name =
                        |name: &Option<Positioned<Name>>| name.as_ref().map(|name| name.node.to_string());
                    model.query = name(&schema.node.query).unwrap_or_default();
                    model.mutation = name(&schema.node.mutation).unwrap_or_default();
                    model.subscription = name(&schema.node.subscription).unwrap_or_default();
                }
                TypeSystemDefinition::Type(definition) => {
                    let fields = match &definition.node.kind {
                        TypeKind::Object(object) => &object.fields,
                        TypeKind::Interface(interface) => &interface.fields,
                        TypeKind::Union(_) => {
                            composite.insert(definition.node.name.node.to_string());
                            continue;
                        }
                        TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_) => continue,
                    };
                    composite.insert(definition.node.name.node.to_string());
                    let costs = fields.iter().map(|field| {
                        let field = &field.node;
                        let argument = |name: &str| {
                            field
                                .arguments
                                .iter()
                                .any(|argument| argument.node.name.node == name)
                        };
                        let cost = FieldCost {
                            returns: base_name(&field.ty.node).to_owned(),
                            shape: Shape::of(&field.ty.node),
                            leaf: false,
                            list: is_list(&field.ty.node),
                            paged: argument("first") || argument("last"),
                        };
                        (field.name.node.to_string(), cost)
                    });
                    model
                        .types
                        .insert(definition.node.name.node.to_string(), costs.collect());
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        for field in model.types.values_mut().flat_map(HashMap::values_mut) {
            field.leaf = !composite.contains(&field.returns);
        }
        Ok(model)
    }

    /// Name of the type at the root of such an operation.
    pub(crate) fn root(&self, operation: OperationType) -> &str {
        match operation {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        }
    }

    /// Where `null` may stand in a field's value, and the name of the type that it returns.
    pub(crate) fn shape(&self, parent: &str, field: &str) -> Option<(&Shape, &str)> {
        self.field(parent, field)
            .map(|known| (&known.shape, known.returns.as_str()))
    }

    fn field(&self, parent: &str, field: &str) -> Option<&FieldCost> {
        self.types.get(parent)?.get(field)
    }
}

fn base_name(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => base_name(inner),
    }
}

fn is_list(ty: &Type) -> bool {
    matches!(ty.base, BaseType::List(_))
}

/// The operation that a request means: the one named, or the only one.
pub(crate) fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a Positioned<OperationDefinition>, ApiError> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations
            .find(|(candidate, _)| candidate.is_some_and(|candidate| candidate == name))
            .map(|(_, operation)| operation),
        None if operations.len() == 1 => operations.next().map(|(_, operation)| operation),
        None => None,
    };
    found.ok_or_else(|| {
        ApiError::new(
            ErrorCode::OperationNotFound,
            match name {
                Some(_) => "the document has no operation of that name",
                None => "the document has several operations: say which one with operationName",
            },
        )
    })
}

/// Measures a parsed document and the operation that is to be run, and refuses what is beyond the limits.
pub fn measure(
    document: &ExecutableDocument,
    operation: &Positioned<OperationDefinition>,
    variables: &Variables,
    model: &CostModel,
    limits: &Limits,
) -> Result<Measured, TooLarge> {
    let mut walk = Walk {
        document,
        model,
        variables: variables_with_defaults(&operation.node, variables),
        fragments: HashMap::with_capacity(document.fragments.len()),
        steps: 0,
    };
    for name in fragments_in_order(document)? {
        let fragment = &document.fragments[name].node;
        let sums = walk.selections(
            &fragment.selection_set.node,
            &fragment.type_condition.node.on.node,
        );
        // The library looks at every definition of the document, also at those that are not run.
        within(sums.selections, limits.selections, "fields")?;
        walk.fragments.insert(name, sums);
    }
    let mut all = 0_u64;
    let mut cost = 0;
    for (_, definition) in document.operations.iter() {
        let sums = walk.operation(&definition.node);
        all = all.saturating_add(sums.selections);
        within(all, limits.selections, "fields")?;
        within(sums.depth, limits.depth, "levels of fields")?;
        within(sums.levels, limits.levels, "levels of selections")?;
        within(
            sums.lists_of_types,
            limits.introspection_depth,
            "levels of introspection",
        )?;
        within(sums.introspections, limits.introspections, "introspections")?;
        within(sums.top, limits.root_fields, "fields at its root")?;
        within(sums.aliases, limits.aliases, "aliases")?;
        within(sums.directives, limits.directives, "directives")?;
        if std::ptr::eq(definition, operation) {
            cost = sums.cost;
        }
    }
    if cost > limits.cost {
        return Err(TooLarge::Cost {
            requested: cost,
            limit: limits.cost,
        });
    }
    Ok(Measured {
        cost,
        steps: walk.steps,
    })
}

/// Names of the fragments, each after all those it spreads. Keeps a stack of its own: a chain of fragments may be as
/// long as the document.
fn fragments_in_order(document: &ExecutableDocument) -> Result<Vec<&Name>, TooLarge> {
    let spreads: HashMap<&Name, Vec<&Name>> = document
        .fragments
        .iter()
        .map(|(name, fragment)| {
            let mut names = Vec::new();
            collect_spreads(&fragment.node.selection_set.node, &mut names);
            names.retain(|name| document.fragments.contains_key(*name));
            (name, names)
        })
        .collect();
    let (mut order, mut done, mut open) = (Vec::with_capacity(spreads.len()), HashSet::new(), HashSet::new());
    for start in spreads.keys().copied() {
        let mut stack = vec![(start, 0)];
        while let Some((name, next)) = stack.pop() {
            if next == 0 && (done.contains(name) || !open.insert(name)) {
                continue;
            }
            match spreads[name].get(next) {
                Some(inner) => {
                    if open.contains(inner) && !done.contains(inner) {
                        return Err(TooLarge::Cycle {
                            name: inner.to_string(),
                            at: document.fragments[*inner].pos,
                        });
                    }
                    stack.push((name, next + 1));
                    stack.push((inner, 0));
                }
                None => {
                    done.insert(name);
                    order.push(name);
                }
            }
        }
    }
    Ok(order)
}

fn collect_spreads<'a>(set: &'a SelectionSet, names: &mut Vec<&'a Name>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => collect_spreads(&field.node.selection_set.node, names),
            Selection::InlineFragment(inline) => collect_spreads(&inline.node.selection_set.node, names),
            Selection::FragmentSpread(spread) => names.push(&spread.node.fragment_name.node),
        }
    }
}

fn variables_with_defaults(operation: &OperationDefinition, given: &Variables) -> HashMap<Name, ConstValue> {
    operation
        .variable_definitions
        .iter()
        .filter_map(|definition| {
            let name = definition.node.name.node.clone();
            let value =
                given
                    .get(&name)
                    .or(definition.node.default_value.as_ref().map(|value| &value.node))?;
            Some((name, value.clone()))
        })
        .collect()
}

fn is_leaf(selection: &Selection) -> bool {
    match selection {
        Selection::Field(field) => field.node.selection_set.node.items.is_empty(),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
    }
}

/// The type that a field of introspection returns; no schema's definition contains these. Section 4.2 of the
/// specification.
fn introspected(on: &str, field: &str) -> &'static str {
    match field {
        "__schema" => "__Schema",
        "__type" => "__Type",
        _ if !on.starts_with("__") => "",
        "types" | "queryType" | "mutationType" | "subscriptionType" | "type" | "ofType" | "interfaces"
        | "possibleTypes" => "__Type",
        "fields" => "__Field",
        "args" | "inputFields" => "__InputValue",
        "enumValues" => "__EnumValue",
        "directives" => "__Directive",
        _ => "",
    }
}

fn lists_types(on: &str, field: &str) -> bool {
    on == "__Type" && matches!(field, "fields" | "inputFields" | "interfaces" | "possibleTypes")
}

#[derive(Clone, Copy, Default)]
struct Sums {
    depth: u64,
    levels: u64,
    lists_of_types: u64,
    introspections: u64,
    top: u64,
    selections: u64,
    aliases: u64,
    directives: u64,
    cost: u64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.levels = self.levels.max(other.levels);
        self.lists_of_types = self.lists_of_types.max(other.lists_of_types);
        self.introspections = self.introspections.saturating_add(other.introspections);
        self.top = self.top.saturating_add(other.top);
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.cost = self.cost.saturating_add(other.cost);
    }
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    model: &'a CostModel,
    variables: HashMap<Name, ConstValue>,
    fragments: HashMap<&'a Name, Sums>,
    steps: u64,
}

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Sums {
        let model = self.model;
        let mut sums = self.selections(&operation.selection_set.node, model.root(operation.ty));
        sums.directives = sums.directives.saturating_add(operation.directives.len() as u64);
        if operation.ty == OperationType::Mutation {
            sums.cost = sums.cost.saturating_add(sums.top.saturating_mul(MUTATION));
        }
        sums
    }

    /// Sums of a selection set on a type. Recurses as deep as the text nests, which [`scan`] bounds.
    fn selections(&mut self, set: &'a SelectionSet, on: &str) -> Sums {
        let mut sums = Sums::default();
        for item in &set.items {
            self.steps += 1;
            let mut inner = match &item.node {
                Selection::Field(field) => self.field(&field.node, on),
                Selection::InlineFragment(inline) => {
                    let on = inline
                        .node
                        .type_condition
                        .as_ref()
                        .map_or(on, |condition| condition.node.on.node.as_str());
                    self.selections(&inline.node.selection_set.node, on)
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    debug_assert!(
                        self.fragments.contains_key(name) || !self.document.fragments.contains_key(name)
                    );
                    self.fragments.get(name).copied().unwrap_or_default()
                }
            };
            if !is_leaf(&item.node) {
                inner.levels = inner.levels.saturating_add(1);
            }
            inner.selections = inner.selections.saturating_add(1);
            inner.directives = inner
                .directives
                .saturating_add(item.node.directives().len() as u64);
            sums.add(inner);
        }
        sums
    }

    fn field(&mut self, field: &'a Field, on: &str) -> Sums {
        let model = self.model;
        let known = model.field(on, &field.name.node);
        let returns = known.map_or_else(
            || introspected(on, &field.name.node),
            |known| known.returns.as_str(),
        );
        let inner = self.selections(&field.selection_set.node, returns);
        let leaf = known.map_or(field.selection_set.node.items.is_empty(), |known| known.leaf);
        let own = u64::from(!leaf);
        Sums {
            depth: inner.depth.saturating_add(1),
            levels: inner.levels,
            lists_of_types: inner
                .lists_of_types
                .saturating_add(u64::from(lists_types(on, &field.name.node))),
            introspections: inner.introspections.saturating_add(u64::from(matches!(
                field.name.node.as_str(),
                "__schema" | "__type"
            ))),
            top: 1,
            selections: inner.selections,
            aliases: inner.aliases.saturating_add(u64::from(field.alias.is_some())),
            directives: inner.directives,
            cost: own
                .saturating_add(inner.cost)
                .saturating_mul(self.times(field, known, on)),
        }
    }

    /// How many objects the field can return.
    fn times(&self, field: &Field, known: Option<&FieldCost>, on: &str) -> u64 {
        let asked = ["first", "last"]
            .into_iter()
            .find_map(|name| self.number(field, name));
        if let Some(asked) = asked {
            return asked.max(1);
        }
        match known {
            Some(known) if known.paged => DEFAULT_PAGE,
            // The entries of a connection are counted by the field that returns the connection.
            Some(known) if known.list && !known.leaf && !on.ends_with("Connection") => {
                self.longest_list(field).unwrap_or(SHORT_LIST)
            }
            Some(_) | None => 1,
        }
    }

    fn number(&self, field: &Field, argument: &str) -> Option<u64> {
        let value = match &field.get_argument(argument)?.node {
            Value::Number(number) => number.clone(),
            Value::Variable(name) => match self.variables.get(name)? {
                ConstValue::Number(number) => number.clone(),
                _ => return None,
            },
            _ => return None,
        };
        // A negative number is refused by the field itself; until then it is counted as none.
        Some(value.as_u64().unwrap_or(0))
    }

    fn longest_list(&self, field: &Field) -> Option<u64> {
        let lengths = field.arguments.iter().filter_map(|(_, value)| match &value.node {
            Value::List(items) => Some(items.len() as u64),
            Value::Variable(name) => match self.variables.get(name)? {
                ConstValue::List(items) => Some(items.len() as u64),
                _ => None,
            },
            _ => None,
        });
        lengths.max()
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    const SDL: &str = r#"
        type Query {
            interview(id: ID!): Interview
            interviews(first: Int, last: Int, after: String): InterviewConnection
            nodes(ids: [ID!]!): [Interview]!
        }
        type Mutation { cancel(id: ID!): Interview }
        type InterviewConnection { edges: [InterviewEdge!]! totalCount: Int! }
        type InterviewEdge { cursor: String! node: Interview! }
        type Interview { id: ID! panel: [Seat!]! timeline(first: Int, last: Int): EventConnection }
        type Seat { name: String }
        type EventConnection { edges: [EventEdge!]! }
        type EventEdge { node: Event }
        type Event { id: ID! }
    "#;

    fn measured(text: &str, variables: serde_json::Value) -> Result<Measured, TooLarge> {
        measured_within(text, variables, &Limits::default())
    }

    fn measured_within(
        text: &str,
        variables: serde_json::Value,
        limits: &Limits,
    ) -> Result<Measured, TooLarge> {
        scan(text, limits)?;
        let document = parse_query(text).expect("a document");
        let operation = chosen(&document, None).expect("an operation");
        let model = CostModel::from_sdl(SDL).expect("a schema");
        measure(
            &document,
            operation,
            &Variables::from_json(variables),
            &model,
            limits,
        )
    }

    fn cost(text: &str, variables: serde_json::Value) -> u64 {
        measured(text, variables).expect("within the limits").cost
    }

    fn doubling(levels: usize, last: &str) -> String {
        let inner: String = (0..levels)
            .map(|level| format!("fragment f{level} on Query {{ ...f{n} ...f{n} }} ", n = level + 1))
            .collect();
        format!("{{ ...f0 }} {inner} fragment f{levels} on Query {{ {last} }}")
    }

    #[test]
    fn thirty_doubling_fragments_are_refused_in_as_many_steps_as_they_have_lines() {
        let text = doubling(30, "interview(id: 1) { id }");
        let document = parse_query(&text).expect("a document");
        let model = CostModel::from_sdl(SDL).expect("a schema");
        let boundless = Limits {
            selections: u64::MAX,
            root_fields: u64::MAX,
            cost: u64::MAX,
            ..Limits::default()
        };

        let refused = measured(&text, json!({}));
        let operation = chosen(&document, None).expect("an operation");
        let steps = measure(&document, operation, &Variables::default(), &model, &boundless)
            .expect("measured")
            .steps;

        assert!(
            matches!(refused, Err(TooLarge::Beyond { what: "fields", .. })),
            "{refused:?}"
        );
        assert_eq!(steps, 30 * 2 + 2 + 1);
    }

    #[test]
    fn doubling_that_ends_in_nothing_is_refused_too() {
        let refused = measured(&doubling(60, "...nowhere"), json!({}));

        assert!(matches!(refused, Err(TooLarge::Beyond { .. })), "{refused:?}");
    }

    #[test]
    fn a_long_chain_of_fragments_needs_no_deep_stack() {
        let chain: String = (0..1200)
            .map(|n| format!("fragment f{n} on Query {{ ...f{} }} ", n + 1))
            .collect();
        let text = format!("{{ ...f0 }} {chain} fragment f1200 on Query {{ __typename }}");

        let refused = measured(&text, json!({}));

        assert!(
            matches!(
                refused,
                Err(TooLarge::Beyond {
                    what: "levels of selections",
                    ..
                })
            ),
            "{refused:?}"
        );
    }

    #[test]
    fn introspection_that_multiplies_the_schema_with_itself_is_refused() {
        let common = "{ __schema { types { fields { args { type { ofType { ofType { name } } } } } } } }";
        let nested = "{ __schema { types { fields { type { fields { type { ...t } } } } } } } \
                      fragment t on __Type { possibleTypes { name } }";
        let often = format!(
            "{{ {} }}",
            (0..6)
                .map(|n| format!("t{n}: __type(name: \"A\") {{ name }} "))
                .collect::<String>()
        );
        let refused = |text: &str| match measured(text, json!({})) {
            Err(TooLarge::Beyond { what, .. }) => what,
            other => panic!("{text} is {other:?}"),
        };

        assert!(measured(common, json!({})).is_ok());
        assert_eq!(refused(nested), "levels of introspection");
        assert_eq!(refused(&often), "introspections");
    }

    #[test]
    fn fragments_that_spread_each_other_are_refused() {
        let text = "{ ...a } fragment a on Query { ...b } fragment b on Query { interview(id: 1) { ...c } } \
                    fragment c on Interview { id ...a }";

        assert!(matches!(measured(text, json!({})), Err(TooLarge::Cycle { .. })));
    }

    #[test]
    fn a_fragment_met_on_two_ways_is_no_cycle() {
        let text = "{ ...a ...b ...c } fragment a on Query { ...b ...c } fragment b on Query { ...c } \
                    fragment c on Query { interview(id: 1) { id } }";

        assert!(measured(text, json!({})).is_ok());
    }

    #[test]
    fn the_cost_is_the_number_of_objects_that_may_be_returned() {
        let page = "{ interviews(first: 3) { edges { node { id } } } }";
        let default_page = "{ interviews { totalCount } }";
        let by_variable = "query ($n: Int = 7) { interviews(last: $n) { totalCount } }";
        let ids = "{ nodes(ids: [1, 2, 3]) { id } }";
        let mutation = "mutation { cancel(id: 1) { id } }";

        assert_eq!(cost(page, json!({})), 3 * (1 + 1 + 1));
        assert_eq!(cost(default_page, json!({})), 20);
        assert_eq!(cost(by_variable, json!({})), 7);
        assert_eq!(cost(by_variable, json!({ "n": 2 })), 2);
        assert_eq!(cost(ids, json!({})), 3);
        assert_eq!(cost(mutation, json!({})), 1 + 10);
    }

    #[test]
    fn pages_within_pages_multiply_until_they_are_refused() {
        let text = "{ interviews(first: 100) { edges { node { timeline(first: 100) { edges { node { id } } } } } } }";

        let refused = measured(text, json!({}));

        assert_eq!(
            refused,
            Err(TooLarge::Cost {
                requested: 100 * (1 + 1 + 1 + 100 * 3),
                limit: 20_000
            })
        );
    }

    #[test]
    fn a_page_that_cannot_be_counted_saturates() {
        let text = "{ interviews(first: 9223372036854775807) { edges { node { timeline(first: 9223372036854775807) { edges { node { id } } } } } } }";

        assert!(matches!(
            measured(text, json!({})),
            Err(TooLarge::Cost {
                requested: u64::MAX,
                ..
            })
        ));
    }

    #[test]
    fn aliases_directives_breadth_and_depth_have_their_bounds() {
        let limits = Limits {
            aliases: 2,
            directives: 2,
            root_fields: 3,
            depth: 2,
            ..Limits::default()
        };
        let refused = |text: &str| match measured_within(text, json!({}), &limits) {
            Err(TooLarge::Beyond { what, .. }) => what,
            other => panic!("{text} is {other:?}"),
        };

        assert_eq!(
            refused("{ a: __typename b: __typename c: __typename }"),
            "aliases"
        );
        assert_eq!(
            refused("{ __typename @skip(if: true) @skip(if: true) @skip(if: true) }"),
            "directives"
        );
        assert_eq!(
            refused("{ __typename __typename __typename __typename }"),
            "fields at its root"
        );
        assert_eq!(
            refused("{ interview(id: 1) { panel { name } } }"),
            "levels of fields"
        );
    }

    #[test]
    fn brackets_that_nest_without_end_never_reach_the_parser() {
        let deep = format!("{{ nodes(ids: {} ) {{ id }} }}", "[".repeat(100_000));
        let long = format!("{{ {} }}", "a ".repeat(20_000));

        assert!(matches!(
            scan(&deep, &Limits::default()),
            Err(TooLarge::Beyond {
                what: "levels of brackets",
                ..
            })
        ));
        assert!(matches!(
            scan(&long, &Limits::default()),
            Err(TooLarge::Beyond { what: "tokens", .. })
        ));
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let text = format!(
            "{{ a(b: \"{b}\\\"{b}\", c: \"\"\"{b}\\\"\"\" \" {b}\"\"\") }} # {b}",
            b = "[".repeat(80)
        );

        assert_eq!(scan(&text, &Limits::default()), Ok(()));
        assert!(scan("\"never closed \\", &Limits::default()).is_ok());
        assert!(scan("\"\"\" never closed", &Limits::default()).is_ok());
    }

    #[test]
    fn a_document_at_the_bound_of_nesting_can_be_parsed() {
        let depth = Limits::default().nesting - 3;
        let text = format!("{{ a(b: {}{}) }}", "[".repeat(depth), "]".repeat(depth));

        assert!(scan(&text, &Limits::default()).is_ok());
        assert!(parse_query(&text).is_ok());
    }
}
