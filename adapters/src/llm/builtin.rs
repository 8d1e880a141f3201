//! An assessor without a language model: it counts.
//!
//! # Method
//! Only the candidate's turns count. A text is cut into words (letters, digits and `+ # ' - .` inside). Each feature is
//! a whole number from 0 to 1,000; "per 100 words" is a rate over all words of the candidate.
//!
//! | feature | 1,000 means |
//! |---|---|
//! | coverage | every expected key point occurs: at least half of its words of 4 letters or more (all, if none is that long) were said, endings aside |
//! | structure | 3 or more signposts per 100 words: first, because, for example, therefore ... |
//! | specificity | 4 or more concrete words per 100 words: numbers, units, names of technologies |
//! | balance | 50 to 85 % of all words were the candidate's |
//! | fluency | no filler (um, you know, basically ...); 6 per 100 words give 0 |
//! | conviction | no hedge (maybe, I guess, not sure ...); 5 per 100 words give 0 |
//! | length | 60 or more words in an answer, on average |
//!
//! Scores, in hundredths of the features: communication = 40 structure + 30 fluency + 30 balance; technicalKnowledge =
//! 60 coverage + 40 specificity; technicalDepth = 50 length + 50 specificity; problemSolving = 50 structure + 30
//! coverage + 20 length; confidence = 60 conviction + 40 fluency. Without expected key points specificity stands in for
//! coverage. All scores are scaled down in proportion when the candidate said fewer than 100 words. Overall = 20 + 25 +
//! 20 + 20 + 15 hundredths of these, in that order.
//!
//! # Limits
//! It does not understand what was said: right and wrong look the same, irony and negation are invisible. Word lists
//! are English; for other languages structure, fluency and conviction are 500, "not measured". It serves practice
//! without a model, and demonstrations; it says in the report that it is a fixed method. It writes English. The same
//! input always gives the same output.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    ports::{
        error::ProviderError,
        llm::{Assessment, AssessmentRequest, Assessor},
    },
    report::events::{Engine, Evidence, Finding, ReportBody, Resource, ScoreItem, TokenUsage},
    transcript::content::{Speaker, Transcript},
};

/// Version of the method above; changes whenever a number or a word list changes.
pub const METHOD_VERSION: &str = "counting-1";

/// The longest quote, in characters.
const QUOTE_LIMIT: usize = 200;
/// A feature from here on is a strength.
const STRONG: u32 = 700;
/// A feature below this is a weakness.
const WEAK: u32 = 400;
/// What a feature is when it cannot be measured.
const UNMEASURED: u32 = 500;

const SIGNPOSTS: &[&str] = &[
    "first",
    "firstly",
    "second",
    "secondly",
    "third",
    "then",
    "next",
    "finally",
    "because",
    "therefore",
    "for example",
    "for instance",
    "as a result",
    "in summary",
    "to summarise",
    "to summarize",
    "on the other hand",
    "however",
    "the trade-off",
    "trade-off",
    "my approach",
    "step by step",
    "in conclusion",
];
const FILLERS: &[&str] = &[
    "um",
    "uh",
    "uhm",
    "erm",
    "hmm",
    "you know",
    "basically",
    "actually",
    "kind of",
    "sort of",
    "and stuff",
    "i mean",
];
const HEDGES: &[&str] = &[
    "maybe",
    "perhaps",
    "i guess",
    "not sure",
    "i suppose",
    "probably",
    "no idea",
    "i don't know",
    "might be wrong",
];
const UNITS: &[&str] = &[
    "ms",
    "milliseconds",
    "seconds",
    "minutes",
    "kb",
    "mb",
    "gb",
    "tb",
    "percent",
    "qps",
    "rps",
    "requests",
    "users",
    "bytes",
    "megabytes",
    "gigabytes",
    "o(1)",
    "o(n)",
];
const TECHNOLOGIES: &[&str] = &[
    "javascript",
    "typescript",
    "react",
    "redux",
    "vue",
    "angular",
    "node",
    "node.js",
    "express",
    "python",
    "django",
    "java",
    "spring",
    "kotlin",
    "rust",
    "go",
    "golang",
    "c++",
    "c#",
    "sql",
    "postgres",
    "postgresql",
    "mysql",
    "sqlite",
    "mongodb",
    "redis",
    "kafka",
    "rabbitmq",
    "graphql",
    "rest",
    "grpc",
    "websocket",
    "http",
    "tcp",
    "docker",
    "kubernetes",
    "aws",
    "azure",
    "terraform",
    "nginx",
    "linux",
    "git",
    "webpack",
    "jest",
    "cache",
    "index",
    "queue",
    "mutex",
    "closure",
    "promise",
    "async",
    "hash",
    "hashmap",
    "array",
    "tree",
    "graph",
    "heap",
    "stack",
    "sharding",
    "replication",
    "load-balancer",
    "cdn",
    "latency",
    "throughput",
    "recursion",
    "memoization",
];

/// An assessor that counts, and says so.
#[derive(Debug, Clone)]
pub struct BuiltinAssessor {
    name: String,
}

impl BuiltinAssessor {
    /// The assessor under the configured name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

#[async_trait]
impl Assessor for BuiltinAssessor {
    fn engine(&self) -> Engine {
        Engine {
            provider: self.name.clone(),
            model: format!("fixed method {METHOD_VERSION}"),
            is_language_model: false,
        }
    }

    fn prompt_version(&self) -> &str {
        METHOD_VERSION
    }

    async fn assess(&self, request: &AssessmentRequest<'_>) -> Result<Assessment, ProviderError> {
        Ok(assess(request.transcript, request.expected_key_points))
    }
}

/// Applies the method.
fn assess(transcript: &Transcript, key_points: &[String]) -> Assessment {
    let said = Said::of(transcript);
    let measured = Measured::of(&said, key_points);
    let breakdown = measured.breakdown(said.words.len());
    Assessment {
        overall: overall(&breakdown),
        body: body(&said, &measured, key_points),
        breakdown: breakdown
            .into_iter()
            .map(|(key, score)| ScoreItem {
                key: key.to_owned(),
                score,
            })
            .collect(),
        usage: TokenUsage::default(),
    }
}

/// One word of the candidate, and where it stands.
struct Word {
    /// In lower case.
    text: String,
    /// Index of the sentence it stands in.
    sentence: usize,
}

/// What the candidate said, cut up.
struct Said<'a> {
    words: Vec<Word>,
    sentences: Vec<Sentence<'a>>,
    /// How many turns were the candidate's.
    answers: usize,
    /// Words of everybody.
    all_words: usize,
    is_english: bool,
}

#[derive(Clone, Copy)]
struct Sentence<'a> {
    turn: usize,
    /// In characters.
    offset: usize,
    text: &'a str,
}

impl<'a> Said<'a> {
    fn of(transcript: &'a Transcript) -> Self {
        let language = transcript.language.to_ascii_lowercase();
        let mut said = Self {
            words: Vec::new(),
            sentences: Vec::new(),
            answers: 0,
            all_words: 0,
            is_english: language == "en" || language.starts_with("en-"),
        };
        for (turn, spoken) in transcript.turns.iter().enumerate() {
            match spoken.speaker {
                Speaker::Interviewer => said.all_words += words(&spoken.text).count(),
                Speaker::Candidate => said.hear(turn, &spoken.text),
            }
        }
        said
    }

    fn hear(&mut self, turn: usize, text: &'a str) {
        let before = self.words.len();
        for (offset, sentence) in sentences(text) {
            let number = self.sentences.len();
            self.sentences.push(Sentence {
                turn,
                offset,
                text: sentence,
            });
            self.words.extend(words(sentence).map(|text| Word {
                text,
                sentence: number,
            }));
        }
        let heard = self.words.len() - before;
        self.all_words += heard;
        self.answers += usize::from(heard > 0);
    }

    /// The sentences in which one of the phrases occurs, once for each time.
    fn hits(&self, phrases: &[&str]) -> Vec<usize> {
        let phrases: Vec<Vec<&str>> = phrases.iter().map(|phrase| phrase.split(' ').collect()).collect();
        (0..self.words.len())
            .filter(|at| phrases.iter().any(|phrase| self.stands_at(*at, phrase)))
            .map(|at| self.words[at].sentence)
            .collect()
    }

    fn stands_at(&self, at: usize, phrase: &[&str]) -> bool {
        self.words
            .get(at..at + phrase.len())
            .is_some_and(|words| words.iter().zip(phrase).all(|(word, part)| word.text == *part))
    }

    /// The sentences with a concrete word, once for each.
    fn concrete(&self) -> Vec<usize> {
        self.words
            .iter()
            .filter(|word| {
                let text = word.text.as_str();
                text.contains(|c: char| c.is_numeric())
                    || UNITS.contains(&text)
                    || TECHNOLOGIES.contains(&text)
            })
            .map(|word| word.sentence)
            .collect()
    }

    /// The first sentence with a word of the key point, if the point was made.
    fn makes(&self, point: &str) -> Option<usize> {
        let all: BTreeSet<String> = words(point).collect();
        let long: BTreeSet<String> = all
            .iter()
            .filter(|word| word.chars().count() >= 4)
            .cloned()
            .collect();
        let wanted = if long.is_empty() { all } else { long };
        let found: Vec<usize> = wanted
            .iter()
            .filter_map(|wanted| self.words.iter().find(|word| is_akin(&word.text, wanted)))
            .map(|word| word.sentence)
            .collect();
        let is_made = !wanted.is_empty() && found.len() * 2 >= wanted.len();
        is_made.then(|| found.into_iter().min()).flatten()
    }

    /// A sentence as evidence: verbatim, cut after 200 characters.
    fn quote(&self, sentence: usize) -> Evidence {
        let Sentence { turn, offset, text } = self.sentences[sentence];
        Evidence {
            quote: text.chars().take(QUOTE_LIMIT).collect(),
            turn: u32::try_from(turn).expect("a transcript has at most 5,000 turns"),
            offset: u32::try_from(offset).expect("a turn has at most 10,000 characters"),
        }
    }
}

/// The words of a text, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| {
        !(c.is_alphanumeric() || matches!(c, '+' | '#' | '\'' | '-' | '.' | '(' | ')' | '’'))
    })
    .map(|word| word.trim_matches(['.', '\'', '-', '’']))
    .map(|word| word.strip_prefix('(').unwrap_or(word))
    .map(|word| {
        if word.contains('(') {
            word
        } else {
            word.trim_end_matches(')')
        }
    })
    .map(|word| word.trim_matches(['.', '\'', '-', '’']))
    .filter(|word| word.chars().any(char::is_alphanumeric))
    .map(|word| word.replace('’', "'").to_lowercase())
}

/// The sentences of a text that have words, each with the character it begins at.
fn sentences(text: &str) -> Vec<(usize, &str)> {
    let ends_sentence = |at: usize, c: char| {
        let next = text[at + c.len_utf8()..].chars().next();
        c == '\n' || matches!(c, '.' | '!' | '?' | '…' | '。' | '।') && next.is_none_or(char::is_whitespace)
    };
    let mut found = Vec::new();
    let mut start = 0;
    let ends = text.char_indices().filter(|(at, c)| ends_sentence(*at, *c));
    let ends: Vec<usize> = ends
        .map(|(at, c)| at + c.len_utf8())
        .chain([text.len()])
        .collect();
    for end in ends {
        let piece = &text[start..end];
        let inner = piece.trim_start();
        let begin = start + piece.len() - inner.len();
        if words(inner).next().is_some() {
            found.push((text[..begin].chars().count(), inner.trim_end()));
        }
        start = end;
    }
    found
}

/// True for the same word, or the same beginning of five letters or more with another ending.
fn is_akin(said: &str, wanted: &str) -> bool {
    let common = said
        .chars()
        .zip(wanted.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let longest = said.chars().count().max(wanted.chars().count());
    said == wanted || (common >= 5 && longest - common <= 3)
}

/// The features, 0 to 1,000, with the sentences that show them.
struct Measured {
    coverage: Option<u32>,
    /// For each key point, the sentence that makes it.
    points: Vec<Option<usize>>,
    structure: u32,
    specificity: u32,
    balance: u32,
    fluency: u32,
    conviction: u32,
    length: u32,
    signposts: Vec<usize>,
    concrete: Vec<usize>,
    fillers: Vec<usize>,
    hedges: Vec<usize>,
}

impl Measured {
    fn of(said: &Said<'_>, key_points: &[String]) -> Self {
        let (signposts, fillers, hedges) = (said.hits(SIGNPOSTS), said.hits(FILLERS), said.hits(HEDGES));
        let concrete = said.concrete();
        let count = said.words.len();
        let points: Vec<_> = key_points.iter().map(|point| said.makes(point)).collect();
        let made = points.iter().flatten().count();
        let in_english = |feature| if said.is_english { feature } else { UNMEASURED };
        Self {
            coverage: (!points.is_empty()).then(|| share(made, points.len())),
            structure: in_english(share(signposts.len() * 100, count * 3)),
            specificity: share(concrete.len() * 100, count * 4),
            balance: balance(share(count, said.all_words)),
            fluency: in_english(1_000 - share(fillers.len() * 100, count * 6)),
            conviction: in_english(1_000 - share(hedges.len() * 100, count * 5)),
            length: share(count, said.answers * 60),
            points,
            signposts,
            concrete,
            fillers,
            hedges,
        }
    }

    fn breakdown(&self, words: usize) -> [(&'static str, u8); 5] {
        let coverage = self.coverage.unwrap_or(self.specificity);
        let enough = share(words, 100);
        let score = |parts: &[(u32, u32)]| {
            let sum: u32 = parts.iter().map(|(weight, feature)| weight * feature).sum();
            // Hundredths of thousandths, then scaled by what there is to go on: at most 100.
            u8::try_from(sum / 1_000 * enough / 1_000).expect("weights add up to 100")
        };
        [
            (
                "communication",
                score(&[(40, self.structure), (30, self.fluency), (30, self.balance)]),
            ),
            (
                "technicalKnowledge",
                score(&[(60, coverage), (40, self.specificity)]),
            ),
            (
                "technicalDepth",
                score(&[(50, self.length), (50, self.specificity)]),
            ),
            (
                "problemSolving",
                score(&[(50, self.structure), (30, coverage), (20, self.length)]),
            ),
            ("confidence", score(&[(60, self.conviction), (40, self.fluency)])),
        ]
    }
}

fn overall(breakdown: &[(&'static str, u8); 5]) -> u8 {
    let weights = [20_u32, 25, 20, 20, 15];
    let sum: u32 = breakdown
        .iter()
        .zip(weights)
        .map(|((_, score), weight)| u32::from(*score) * weight)
        .sum();
    u8::try_from((sum + 50) / 100).expect("a mean of scores up to 100")
}

/// A part of a whole in thousandths, at most 1,000; nothing of nothing is 0.
fn share(part: usize, whole: usize) -> u32 {
    let thousandths = (part * 1_000).checked_div(whole).unwrap_or(0);
    u32::try_from(thousandths.min(1_000)).expect("at most 1,000")
}

/// 1,000 between half and 85 % of the words, falling to 0 at none and to 600 at all of them.
fn balance(share: u32) -> u32 {
    match share {
        0..500 => share * 2,
        500..=850 => 1_000,
        _ => 1_000 - (share - 850) * 400 / 150,
    }
}

/// What a feature is called and what is said about it.
struct Words {
    feature: u32,
    strength: (&'static str, &'static str),
    weakness: (&'static str, &'static str),
    action: &'static str,
    practice: (&'static str, &'static str, &'static str),
    /// A sentence that shows it being done, and one that shows it missing.
    shown: Option<usize>,
    missed: Option<usize>,
}

fn body(said: &Said<'_>, measured: &Measured, key_points: &[String]) -> ReportBody {
    if said.words.is_empty() {
        return ReportBody {
            detailed_feedback: format!(
                "{METHOD}\n\nThe transcript holds no words of the candidate, so there is nothing to assess."
            ),
            ..ReportBody::default()
        };
    }
    let mut topics = topics(said, measured);
    let strengths = topics
        .iter()
        .filter(|topic| topic.feature >= STRONG)
        .map(|topic| {
            let (title, detail) = topic.strength;
            finding(title, detail, None, topic.shown.map(|at| said.quote(at)))
        });
    let strengths = strengths.collect();
    topics.sort_by_key(|topic| topic.feature);
    let weaknesses = topics.iter().filter(|topic| topic.feature < WEAK).map(|topic| {
        let (title, detail) = topic.weakness;
        finding(
            title,
            detail,
            Some(topic.action),
            topic.missed.map(|at| said.quote(at)),
        )
    });
    let recommendations = topics
        .iter()
        .filter(|topic| topic.feature < STRONG)
        .take(2)
        .map(|topic| {
            let (title, detail, resource) = topic.practice;
            Finding {
                resources: vec![Resource {
                    title: resource.to_owned(),
                    url: None,
                }],
                ..finding(title, detail, Some(topic.action), None)
            }
        });
    ReportBody {
        strengths,
        weaknesses: weaknesses.collect(),
        recommendations: recommendations.collect(),
        detailed_feedback: feedback(said, measured, key_points),
    }
}

fn finding(title: &str, detail: &str, action: Option<&str>, evidence: Option<Evidence>) -> Finding {
    Finding {
        title: title.to_owned(),
        detail: detail.to_owned(),
        action_items: action.map(str::to_owned).into_iter().collect(),
        resources: Vec::new(),
        evidence: evidence.into_iter().collect(),
    }
}

fn topics(said: &Said<'_>, measured: &Measured) -> Vec<Words> {
    // What was not done is shown by the first sentence without it.
    let without = |with: &[usize]| (0..said.sentences.len()).find(|at| !with.contains(at));
    let coverage = measured.coverage.map(|feature| Words {
        feature,
        strength: (
            "Covers what was expected",
            "Most of the expected points were brought up.",
        ),
        weakness: (
            "Leaves expected points out",
            "Few of the expected points were brought up.",
        ),
        action: "Before answering, note the three points you want to make, and tick them off.",
        practice: (
            "Practise complete answers",
            "Answer the same question again and compare with the expected points.",
            "Retrieval practice: answering from memory, then checking",
        ),
        shown: measured.points.iter().flatten().next().copied(),
        missed: None,
    });
    let specificity = Words {
        feature: measured.specificity,
        strength: (
            "Is specific",
            "Numbers, units and names of technologies make the answers concrete.",
        ),
        weakness: (
            "Stays general",
            "Few numbers, units or names of technologies occur.",
        ),
        action: "Add one number and one name to every claim: how many, how long, with what.",
        practice: (
            "Practise estimating",
            "Work out sizes, rates and times for systems you know.",
            "Back-of-the-envelope estimation",
        ),
        shown: measured.concrete.first().copied(),
        missed: without(&measured.concrete),
    };
    let length = Words {
        feature: measured.length,
        strength: (
            "Goes into depth",
            "Answers are long enough to hold a thought and its reasons.",
        ),
        weakness: (
            "Answers in few words",
            "Answers are short, so there is little to see of the reasoning.",
        ),
        action: "After the answer, say why, and what else you considered.",
        practice: (
            "Practise thinking aloud",
            "Solve a small problem aloud and record yourself.",
            "Think-aloud protocol",
        ),
        shown: longest(said),
        missed: shortest(said),
    };
    let balance = Words {
        feature: measured.balance,
        strength: (
            "Shares the talk well",
            "The candidate had most of the words and left room for the other side.",
        ),
        weakness: ("Says little", "The other side had most of the words."),
        action: "Take the lead: restate the question, then say how you will go about it.",
        practice: (
            "Practise leading an answer",
            "Let a friend ask only one question and fill five minutes with your answer.",
            "Restating the problem before solving it",
        ),
        shown: longest(said),
        missed: shortest(said),
    };
    let mut topics: Vec<Words> = coverage
        .into_iter()
        .chain([specificity, length, balance])
        .collect();
    if said.is_english {
        topics.extend(manner(measured, without(&measured.signposts)));
    }
    topics
}

/// What is measured with English word lists.
fn manner(measured: &Measured, plain: Option<usize>) -> [Words; 3] {
    [
        Words {
            feature: measured.structure,
            strength: (
                "Gives answers a structure",
                "Signposts such as \"first\" or \"because\" lead through the answers.",
            ),
            weakness: (
                "Answers lack signposts",
                "Few words such as \"first\", \"because\" or \"for example\" lead through the answers.",
            ),
            action: "Begin with the number of points you will make, and name each as you come to it.",
            practice: (
                "Practise structured answers",
                "Tell three stories of your work in four steps each: situation, task, action, result.",
                "STAR method: situation, task, action, result",
            ),
            shown: measured.signposts.first().copied(),
            missed: plain,
        },
        Words {
            feature: measured.fluency,
            strength: ("Speaks fluently", "Hardly any filler words occur."),
            weakness: (
                "Uses many fillers",
                "Fillers such as \"um\" or \"you know\" are frequent.",
            ),
            action: "When a filler comes, pause instead.",
            practice: (
                "Practise pausing",
                "Record two minutes of speech, count the fillers, and do it again.",
                "Impromptu speaking exercises",
            ),
            shown: None,
            missed: measured.fillers.first().copied(),
        },
        Words {
            feature: measured.conviction,
            strength: (
                "Speaks with conviction",
                "Statements are made without many hedges.",
            ),
            weakness: (
                "Hedges a lot",
                "Words such as \"maybe\" or \"I guess\" are frequent.",
            ),
            action: "Say what you know, then separately what you would check, and how.",
            practice: (
                "Practise stating assumptions",
                "Replace each \"maybe\" by \"I assume ..., because ...\".",
                "Stating assumptions explicitly",
            ),
            shown: None,
            missed: measured.hedges.first().copied(),
        },
    ]
}

fn longest(said: &Said<'_>) -> Option<usize> {
    // The first of several: `max_by_key` would take the last.
    (0..said.sentences.len())
        .rev()
        .max_by_key(|at| said.sentences[*at].text.chars().count())
}

fn shortest(said: &Said<'_>) -> Option<usize> {
    (0..said.sentences.len()).min_by_key(|at| said.sentences[*at].text.chars().count())
}

const METHOD: &str = "This assessment was made by a fixed method that counts words. It was not written by a language \
model or by a person, and it does not know whether an answer is right.";

fn feedback(said: &Said<'_>, measured: &Measured, key_points: &[String]) -> String {
    let mut paragraphs = vec![METHOD.to_owned()];
    paragraphs.push(format!(
        "The candidate said {} of {} words, in {} answers. It counted {} concrete words, {} signposts, {} fillers and {} hedges.",
        said.words.len(),
        said.all_words,
        said.answers,
        measured.concrete.len(),
        measured.signposts.len(),
        measured.fillers.len(),
        measured.hedges.len(),
    ));
    let missing: Vec<&str> = key_points
        .iter()
        .zip(&measured.points)
        .filter(|(_, made)| made.is_none())
        .map(|(point, _)| point.as_str())
        .collect();
    if !missing.is_empty() {
        paragraphs.push(format!("Expected and not heard: {}.", missing.join("; ")));
    }
    if !said.is_english {
        paragraphs.push(
            "The transcript is not in English, so structure, fluency and conviction were not measured."
                .to_owned(),
        );
    }
    if said.words.len() < 100 {
        paragraphs
            .push("There are fewer than 100 words to go on, so all scores were scaled down.".to_owned());
    }
    paragraphs.join("\n\n")
}

#[cfg(test)]
mod tests {
    use domain::{report::check, transcript::content::Turn};
    use proptest::prelude::*;

    use super::*;

    fn turn(speaker: Speaker, text: &str) -> Turn {
        Turn {
            speaker,
            label: None,
            start_ms: 0,
            end_ms: 0,
            text: text.to_owned(),
        }
    }

    fn transcript(language: &str, answers: &[&str]) -> Transcript {
        let question = || {
            turn(
                Speaker::Interviewer,
                "How would you make this list of orders load faster?",
            )
        };
        let turns = answers
            .iter()
            .flat_map(|answer| [question(), turn(Speaker::Candidate, answer)]);
        Transcript {
            language: language.to_owned(),
            turns: turns.collect(),
        }
    }

    const GOOD: &str = "First, I would measure, because guessing is slow: a p95 of 800 ms tells me where to look. \
        Second, I would add an index on the Postgres table, for example on customer and date, so that 40 seconds of \
        scanning become 3 ms. Then I would put a Redis cache in front with a limit of 60 seconds. However, a cache \
        brings stale data, therefore I would invalidate it on every write. Finally, I would page the list by 50 rows, \
        because nobody reads 10000 of them, and I would watch latency after the release to see that it holds.";
    const POOR: &str = "Um, I guess, you know, maybe make it faster somehow. Basically I am not sure, um, probably kind of try things.";

    fn score(assessment: &Assessment, key: &str) -> u8 {
        assessment
            .breakdown
            .iter()
            .find(|item| item.key == key)
            .unwrap()
            .score
    }

    #[test]
    fn a_concrete_structured_answer_scores_higher_than_a_vague_one() {
        let good = assess(&transcript("en", &[GOOD]), &[]);
        let poor = assess(&transcript("en", &[POOR]), &[]);

        assert!(good.overall >= 75, "{}", good.overall);
        assert!(poor.overall <= 20, "{}", poor.overall);
        assert!(score(&good, "confidence") > score(&poor, "confidence"));
    }

    #[test]
    fn findings_rest_on_words_of_the_candidate() {
        let transcript = transcript("en-IN", &[GOOD]);
        let written = assess(&transcript, &[]);

        let strength = written
            .body
            .strengths
            .iter()
            .find(|finding| finding.title == "Is specific")
            .unwrap();
        assert_eq!(strength.evidence[0].turn, 1);
        assert!(strength.evidence[0].quote.starts_with("First, I would measure"));
    }

    #[test]
    fn weaknesses_say_what_to_do_about_them() {
        let written = assess(&transcript("en", &[POOR]), &[]);

        let titles: Vec<&str> = written
            .body
            .weaknesses
            .iter()
            .map(|finding| finding.title.as_str())
            .collect();
        assert!(titles.contains(&"Uses many fillers") && titles.contains(&"Hedges a lot"));
        assert!(
            written
                .body
                .weaknesses
                .iter()
                .all(|finding| finding.action_items.len() == 1)
        );
        assert_eq!(written.body.recommendations.len(), 2);
        assert!(
            written
                .body
                .recommendations
                .iter()
                .all(|finding| finding.resources[0].url.is_none())
        );
    }

    #[test]
    fn expected_points_count_when_half_of_their_words_were_said() {
        let points = [
            "index on the table".to_owned(),
            "circuit breaker with backoff".to_owned(),
        ];
        let written = assess(&transcript("en", &[GOOD]), &points);
        let all = assess(&transcript("en", &[GOOD]), &points[..1]);

        assert!(
            written
                .body
                .detailed_feedback
                .contains("Expected and not heard: circuit breaker with backoff.")
        );
        assert!(score(&all, "technicalKnowledge") > score(&written, "technicalKnowledge"));
    }

    #[test]
    fn silence_scores_nothing_and_says_why() {
        let silent = Transcript {
            language: "en".into(),
            turns: vec![turn(Speaker::Interviewer, "Hello?")],
        };

        let written = assess(&silent, &["anything".to_owned()]);

        assert_eq!(written.overall, 0);
        assert!(
            written
                .body
                .detailed_feedback
                .contains("no words of the candidate")
        );
    }

    #[test]
    fn another_language_is_not_measured_by_english_words() {
        let written = assess(
            &transcript("de", &["Um die Liste zu beschleunigen, messe ich zuerst."]),
            &[],
        );

        assert!(written.body.detailed_feedback.contains("not in English"));
        assert!(
            written
                .body
                .weaknesses
                .iter()
                .all(|finding| finding.title != "Uses many fillers")
        );
    }

    #[test]
    fn it_never_claims_to_be_a_language_model() {
        let engine = BuiltinAssessor::new("builtin").engine();

        assert!(!engine.is_language_model);
        assert_eq!(engine.model, "fixed method counting-1");
        assert!(
            assess(&transcript("en", &[GOOD]), &[])
                .body
                .detailed_feedback
                .contains("not written by a language")
        );
    }

    #[test]
    fn sentences_keep_the_character_they_begin_at() {
        assert_eq!(
            sentences("Ä é. Node.js is ok!  … Yes"),
            [(0, "Ä é."), (5, "Node.js is ok!"), (23, "Yes")]
        );
        assert_eq!(
            words("(O(1), C++ and Node.js.)").collect::<Vec<_>>(),
            ["o(1)", "c++", "and", "node.js"]
        );
    }

    fn spoken() -> impl Strategy<Value = Turn> {
        let texts = prop_oneof![
            "\\PC{1,80}",
            "[a-zäß .!?\n’'-]{1,120}",
            Just(GOOD.to_owned()),
            Just(POOR.to_owned()),
        ];
        (any::<bool>(), texts).prop_map(|(candidate, text)| {
            turn(
                if candidate {
                    Speaker::Candidate
                } else {
                    Speaker::Interviewer
                },
                &text,
            )
        })
    }

    proptest! {
        #[test]
        fn every_report_passes_the_check_and_is_the_same_again(
            language in prop_oneof![Just("en".to_owned()), Just("hi".to_owned())],
            turns in prop::collection::vec(spoken(), 1..8),
            points in prop::collection::vec("\\PC{0,20}", 0..4),
        ) {
            let transcript = Transcript { language, turns };

            let written = assess(&transcript, &points);

            prop_assert_eq!(check::check(&transcript, written.overall, &written.breakdown, &written.body), Ok(()));
            prop_assert!(assess(&transcript, &points) == written);
        }
    }
}
