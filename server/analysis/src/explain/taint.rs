//! A taint rule: what its formulas match around the line, how far data from each source goes, and where it ends.

use super::Asked;
use super::words::{MOST_PLACES, at, count, line_of, lines, loss_of_any, part, place, reason};
use crate::budget::Stop;
use crate::matching::{Match, find_recorded};
use crate::rule::{Formula, Requires, Rule, Sink, SinkRequires, TaintSpec};
use crate::taint::{self, Arrival, Halt, TaintMatches, Watch, Why};
use std::collections::HashSet;
use weir_model::{Finding, Outcome, Place, Reason, Span, Step, StepKind};
use weir_syntax::{Kind, NodeId, Symbol, Tree};

/// Of a longer path the first steps and the last are told.
const MOST_STEPS: usize = 12;

/// Of more sources those next to the line are told of.
const MOST_SOURCES: usize = 8;

/// Why a sink with `at-exit` may not count.
const PASSED_OVER: &str =
    "it counts only where control leaves the function (`at-exit`), and more of it runs after this";

/// What was found out of a taint rule around the line.
struct Flow<'a> {
    spec: &'a TaintSpec,
    matches: &'a TaintMatches,
    watch: &'a Watch,
    /// The function around the line, or the file.
    region: Span,
    /// That function.
    function: Option<NodeId>,
    /// The sinks on the line: indexes into the matches.
    sinks: Vec<usize>,
    /// The sources that have to do with the region: indexes into the matches.
    sources: Vec<usize>,
}

impl Asked<'_> {
    /// Adds what a taint rule does to the reasons; gives why the line is reported or is not.
    pub(super) fn taint(
        &self,
        spec: &TaintSpec,
        rule: &Rule,
        findings: &[Finding],
        reasons: &mut Vec<Reason>,
    ) -> Result<String, Stop> {
        let matches = TaintMatches {
            sources: self.each(spec.sources.iter().map(|source| &source.formula))?,
            sinks: self.each(spec.sinks.iter().map(|sink| &sink.formula))?,
            sanitizers: self.each(spec.sanitizers.iter().map(|sanitizer| &sanitizer.formula))?,
            propagators: self.each(spec.propagators.iter().map(|propagator| &propagator.formula))?,
        };
        let watch = taint::watch(self.file, spec, &rule.options, &matches, self.budget)?;
        let function = self.function();
        let region = self.file.tree.is_empty().then_some(self.line);
        let region = region.unwrap_or_else(|| self.file.tree.span(function.unwrap_or(Tree::ROOT)));
        let here = matches.sinks.iter().enumerate().filter(|(_, (_, sink))| sink.span.touches(self.line));
        let led_here = watch.steps.iter().filter(|(_, step)| region.contains(step.span));
        let led_here: HashSet<Span> = led_here.map(|(source, _)| *source).collect();
        let goes_here = |source: Span| region.contains(source) || led_here.contains(&source);
        let sources = matches.sources.iter().enumerate().filter(|(_, (_, source))| goes_here(source.span));
        let flow = Flow {
            spec,
            region,
            function,
            sinks: here.map(|(index, _)| index).collect(),
            sources: sources.map(|(index, _)| index).collect(),
            matches: &matches,
            watch: &watch,
        };
        reasons.extend(findings.iter().take(MOST_PLACES).map(path));
        let sinks = self.sinks(&flow)?;
        let why = match findings.first() {
            Some(finding) => self.reached(finding),
            None => self.unreached(&flow, &sinks),
        };
        reasons.push(sinks);
        reasons.push(self.sources(&flow));
        reasons.extend(
            self.others("pattern-sanitizers", &flow, &matches.sanitizers, &|entry| {
                spec.sanitizers[entry].formula.origin
            }),
        );
        reasons.extend(self.others("pattern-propagators", &flow, &matches.propagators, &|entry| {
            spec.propagators[entry].formula.origin
        }));
        Ok(why)
    }

    fn each<'f>(&self, formulas: impl Iterator<Item = &'f Formula>) -> Result<Vec<(usize, Match)>, Stop> {
        let mut all = Vec::new();
        for (entry, formula) in formulas.enumerate() {
            let found = find_recorded(formula, self.file, &self.record, self.budget)?;
            all.extend(found.into_iter().map(|found| (entry, found)));
        }
        Ok(all)
    }

    /// The innermost node of some kinds around some code.
    fn around(&self, span: Span, is_one: impl Fn(Kind) -> bool) -> Option<NodeId> {
        let tree = self.file.tree;
        let mut innermost = None;
        let mut at = tree.ids().next();
        while let Some(node) = at {
            if is_one(tree.kind(node)) {
                innermost = Some(node);
            }
            at = tree.children(node).find(|&child| tree.span(child).contains(span));
        }
        innermost
    }

    fn function_around(&self, span: Span) -> Option<NodeId> {
        self.around(span, |kind| kind == Kind::Function)
    }

    /// Whether what happens at a place may do so before a place of the line: where it stands tells only within one function.
    fn is_before(&self, flow: &Flow<'_>, span: Span, until: u32) -> bool {
        span.start <= until || self.function_around(span) != flow.function
    }

    /// What orders places by how near the line they are on the way there: those of its own function come last.
    fn lateness(&self, flow: &Flow<'_>, span: Span) -> (bool, u32) {
        (self.function_around(span) == flow.function, span.start)
    }

    /// Whether a function around some code was run, or there is none.
    fn was_run(&self, flow: &Flow<'_>, span: Span) -> bool {
        let innermost = self.around(span, |kind| matches!(kind, Kind::Function | Kind::Lambda));
        innermost.is_none_or(|function| flow.watch.entered.contains(&function))
    }

    /// The innermost function around the line.
    fn function(&self) -> Option<NodeId> {
        let tree = self.file.tree;
        let functions = tree.ids().filter(|&node| matches!(tree.kind(node), Kind::Function));
        functions.filter(|&node| tree.span(node).touches(self.line)).max_by_key(|&node| {
            // One that lies around all of the line comes before one that stands on it.
            (tree.span(node).contains(self.line), node)
        })
    }

    fn reached(&self, finding: &Finding) -> String {
        let source = finding.trace.as_ref().and_then(|trace| trace.steps.first());
        let line = source.map_or(0, |source| line_of(self.file, source.span.start));
        format!("untrusted data that enters in line {line} reaches the sink")
    }

    /// The sinks of the rule: those on the line, or why none is.
    fn sinks(&self, flow: &Flow<'_>) -> Result<Reason, Stop> {
        if flow.sinks.is_empty() {
            let mut below = Vec::new();
            for sink in &flow.spec.sinks {
                below.push(self.formula(&sink.formula)?);
            }
            let all = flow.matches.sinks.iter().map(|(_, sink)| sink.span);
            let message = if flow.matches.sinks.is_empty() {
                "no sink on the line, and none in the rest of the file".to_owned()
            } else {
                format!("no sink on the line; there are some in {}", lines(self.file, all))
            };
            return Ok(Reason { below, ..reason(Outcome::Fails, message) });
        }
        let below = flow.sinks.iter().map(|&index| self.sink(flow, index)).collect();
        let message = format!("the line has {}", count(flow.sinks.len(), "sink"));
        Ok(Reason { below, ..reason(Outcome::Holds, message) })
    }

    /// What came to a sink.
    fn sink(&self, flow: &Flow<'_>, index: usize) -> Reason {
        let (entry, found) = &flow.matches.sinks[index];
        let sink = &flow.spec.sinks[*entry];
        let arrivals: Vec<_> = flow.watch.arrivals.iter().filter(|arrival| arrival.sink == index).collect();
        let (outcome, message) = if self.is_passed_over(flow, index) {
            (Outcome::Fails, PASSED_OVER.to_owned())
        } else if arrivals.is_empty() {
            let message = if self.was_run(flow, found.span) {
                "was not run over: the code around it never gets there"
            } else {
                "was not run over: there is no source in the code around it, and none leads there"
            };
            (Outcome::Fails, message.to_owned())
        } else if arrivals.iter().any(|arrival| arrival.is_met()) {
            (Outcome::Holds, "untrusted data reaches it".to_owned())
        } else if let Some(arrival) = arrivals.iter().find(|arrival| !arrival.sources.is_empty()) {
            (Outcome::Fails, sink_asks(sink, arrival))
        } else if arrivals.iter().any(|arrival| arrival.unlike) {
            let message = "untrusted data reaches it, but its source binds a metavariable to other code than the sink \
                           (option `taint_unify_mvars`)";
            (Outcome::Fails, message.to_owned())
        } else {
            (Outcome::Fails, "what reaches it is clean".to_owned())
        };
        let places = vec![place(self.file, found, "")];
        Reason { rule: Some(part(sink.formula.origin)), places, ..reason(outcome, message) }
    }

    /// Whether a sink does not count where it stands.
    fn is_passed_over(&self, flow: &Flow<'_>, index: usize) -> bool {
        let (entry, found) = &flow.matches.sinks[index];
        flow.spec.sinks[*entry].at_exit && !taint::is_at_exit(self.file.tree, found.span)
    }

    /// The sources around the line and what became of what they let in.
    fn sources(&self, flow: &Flow<'_>) -> Reason {
        let place = if flow.function.is_some() { "the function around the line" } else { "the file" };
        let others: Vec<Span> = (0..flow.matches.sources.len())
            .filter(|index| !flow.sources.contains(index))
            .map(|index| flow.matches.sources[index].1.span)
            .collect();
        let elsewhere = if others.is_empty() {
            String::new()
        } else {
            format!("; others in {} have no way there that Weir sees", lines(self.file, others.into_iter()))
        };
        if flow.sources.is_empty() {
            let below = flow.spec.sources.iter().enumerate().map(|(entry, source)| {
                let spans = flow.matches.sources.iter().filter(|(of, _)| *of == entry).map(|(_, found)| found.span);
                let spans: Vec<Span> = spans.collect();
                let message = if spans.is_empty() {
                    "matches nothing in the file".to_owned()
                } else {
                    format!("matches in {}", lines(self.file, spans.into_iter()))
                };
                Reason { rule: Some(part(source.formula.origin)), ..reason(Outcome::Fails, message) }
            });
            let message = format!("no source in {place}{elsewhere}");
            return Reason { below: below.collect(), ..reason(Outcome::Fails, message) };
        }
        let inside = flow.sources.iter().filter(|&&index| flow.region.contains(flow.matches.sources[index].1.span));
        let inside = inside.count();
        let message = match (inside, flow.sources.len() - inside) {
            (_, 0) => format!("{} in {place}{elsewhere}", count(inside, "source")),
            (0, led) => format!(
                "no source in {place}, but {} elsewhere that it gets data from{elsewhere}",
                count(led, "source")
            ),
            (_, led) => {
                format!("{} in {place}, and {led} elsewhere that it gets data from{elsewhere}", count(inside, "source"))
            }
        };
        let mut told = flow.sources.clone();
        let away = |index: &usize| flow.matches.sources[*index].1.span.start.abs_diff(self.line.start);
        told.sort_by_key(away);
        told.truncate(MOST_SOURCES);
        told.sort_unstable();
        let below = told.into_iter().map(|index| self.source(flow, index)).collect();
        Reason { below, ..reason(Outcome::Holds, message) }
    }

    /// How far the data of one source goes.
    fn source(&self, flow: &Flow<'_>, index: usize) -> Reason {
        let (entry, found) = &flow.matches.sources[index];
        // What comes after a sink on the line has nothing to do with it.
        let until = if flow.sinks.is_empty() { flow.region.end } else { self.line.end };
        let steps: Vec<&Step> =
            steps_of(flow.watch, found.span).filter(|step| self.is_before(flow, step.span, until)).collect();
        let halts: Vec<&Halt> =
            halts_of(flow.watch, index).filter(|halt| self.is_before(flow, halt.span, until)).collect();
        let reaches = flow.watch.arrivals.iter().any(|arrival| {
            arrival.is_met() && flow.sinks.contains(&arrival.sink) && came_from(&arrival.sources, index)
        });
        let outcome = match (reaches, flow.sinks.is_empty()) {
            (true, _) => Outcome::Holds,
            (false, true) => Outcome::Neutral,
            (false, false) => Outcome::Fails,
        };
        let message = if reaches {
            "reaches a sink on the line".to_owned()
        } else if flow
            .watch
            .arrivals
            .iter()
            .any(|arrival| flow.sinks.contains(&arrival.sink) && came_from(&arrival.sources, index))
        {
            "reaches a sink on the line, which requires other labels".to_owned()
        } else if let Some(halt) = flow.watch.halts.iter().find(|halt| halt.why == Why::SourceAsks(index)) {
            asks("it", &flow.spec.sources[*entry].requires, &halt.labels)
        } else if !self.is_before(flow, found.span, until) {
            "enters only after the line".to_owned()
        } else if steps.is_empty() {
            "was not followed: a sanitizer takes it where it enters, or that code is never run".to_owned()
        } else {
            let last =
                steps.iter().map(|step| step.span).max_by_key(|&span| self.lateness(flow, span)).unwrap_or(found.span);
            let far = format!("goes as far as line {}", line_of(self.file, last.start));
            match halts.last() {
                Some(halt) => format!("ends in {}", self.end(flow, halt)),
                None if flow.sinks.is_empty() => format!("{far}, and is not used any further"),
                None => format!("{far}, but not into a sink on the line"),
            }
        };
        let mut places: Vec<Place> = vec![place(self.file, found, "enters here")];
        // That data goes through the source itself says nothing; where it ends is told below.
        let is_end = |step: &Step| step.kind == StepKind::Return && halts.iter().any(|halt| halt.span == step.span);
        let told = steps.iter().filter(|step| !reaches && step.kind != StepKind::Source && step.span != found.span);
        let told = told.filter(|step| !is_end(step));
        places.extend(told.map(|step| at(step.span, words(step.kind))));
        if places.len() > MOST_STEPS {
            places.drain(MOST_STEPS / 2..places.len() - MOST_STEPS / 2);
        }
        let ends = halts.iter().filter(|halt| !reaches && halt.span != found.span).take(MOST_STEPS);
        places.extend(ends.map(|halt| at(halt.span, self.halted(flow, halt))));
        Reason { rule: Some(part(flow.spec.sources[*entry].formula.origin)), places, ..reason(outcome, message) }
    }

    /// Where taint ended and why.
    fn end(&self, flow: &Flow<'_>, halt: &Halt) -> String {
        format!("line {}, where {}", line_of(self.file, halt.span.start), self.halted(flow, halt))
    }

    /// Why taint ended.
    fn halted(&self, flow: &Flow<'_>, halt: &Halt) -> String {
        let code = self.code(halt.span);
        match halt.why {
            Why::Sanitized(index) => {
                let (entry, found) = &flow.matches.sanitizers[index];
                let origin = flow.spec.sanitizers[*entry].formula.origin;
                let by = self.code(found.span);
                format!("{by} is a sanitizer (line {} of the rule file)", origin.line)
            }
            Why::Overwritten => format!("clean data is stored in {code}"),
            Why::Trusted => format!("{code} is a number or boolean, which the rule trusts (`options`)"),
            Why::Compared => {
                format!("{code} is a comparison (option `taint_assume_safe_comparisons`)")
            }
            Why::Index => format!("it is only an index of {code} (option `taint_assume_safe_indexes`)"),
            Why::Called => {
                format!("what {code} gives back is trusted (option `taint_assume_safe_functions`)")
            }
            Why::NotAssigned => format!("{code} is no assignment (option `taint_only_propagate_through_assignments`)"),
            Why::Returned => "it is returned, and no call of the function is followed in the file".to_owned(),
            Why::SourceAsks(index) => {
                asks("the source there", &flow.spec.sources[flow.matches.sources[index].0].requires, &halt.labels)
            }
            Why::PropagatorAsks(index) => {
                let requires = &flow.spec.propagators[flow.matches.propagators[index].0].requires;
                asks("the propagator there", requires, &halt.labels)
            }
        }
    }

    /// Sanitizers or propagators that match around the line, by the entry of the rule.
    fn others(
        &self,
        key: &str,
        flow: &Flow<'_>,
        matches: &[(usize, Match)],
        origin: &dyn Fn(usize) -> crate::rule::Origin,
    ) -> Option<Reason> {
        let here: Vec<&(usize, Match)> = matches.iter().filter(|(_, found)| flow.region.contains(found.span)).collect();
        let mut entries: Vec<usize> = here.iter().map(|(entry, _)| *entry).collect();
        entries.dedup();
        let below: Vec<Reason> = entries
            .into_iter()
            .map(|entry| {
                let of_entry = here.iter().filter(|(of, _)| *of == entry);
                let places = of_entry.take(MOST_PLACES).map(|(_, found)| place(self.file, found, "")).collect();
                Reason { rule: Some(part(origin(entry))), places, ..reason(Outcome::Neutral, "matches") }
            })
            .collect();
        let message = format!("{} around the line", count(here.len(), &key["pattern-".len()..key.len() - 1]));
        (!below.is_empty()).then(|| Reason { below, ..reason(Outcome::Neutral, message) })
    }

    /// Why no sink on the line is reached, in one sentence.
    fn unreached(&self, flow: &Flow<'_>, sinks: &Reason) -> String {
        if flow.sinks.is_empty() {
            return match loss_of_any(&sinks.below) {
                Some(loss) => format!("no sink on the line: {loss}"),
                None => sinks.message.clone(),
            };
        }
        if sinks.below.iter().any(|sink| sink.outcome == Outcome::Holds) {
            return "untrusted data reaches the line, but the rule reports that at its source (option `taint_focus_on`)".to_owned();
        }
        if flow.sinks.iter().all(|&index| self.is_passed_over(flow, index)) {
            return format!("the line is a sink, but {PASSED_OVER}");
        }
        if flow.sources.is_empty() {
            return format!("the line is a sink, but there is {}", self.sources(flow).message);
        }
        let asked = sinks.below.iter().find(|sink| {
            let is_clean = |arrival: &&Arrival| arrival.sources.is_empty() && !arrival.unlike;
            let of_sink = flow.watch.arrivals.iter().filter(|arrival| flow.sinks.contains(&arrival.sink));
            sink.outcome == Outcome::Fails
                && of_sink.clone().next().is_some()
                && !of_sink.clone().all(|arrival| is_clean(&arrival))
        });
        if let Some(sink) = asked {
            return sink.message.clone();
        }
        // Of all that ended, what ended last before the sink says most.
        let ends = flow.sources.iter().flat_map(|&index| halts_of(flow.watch, index));
        // What is returned before the line is so on another way than that which leads there.
        let before = ends.filter(|halt| self.is_before(flow, halt.span, self.line.end) && halt.why != Why::Returned);
        if let Some(halt) = before.max_by_key(|halt| self.lateness(flow, halt.span)) {
            let end = self.end(flow, halt);
            return format!("the line is a sink, but what reaches it is clean: data from a source ends in {end}");
        }
        let steps = flow.sources.iter().flat_map(|&index| steps_of(flow.watch, flow.matches.sources[index].1.span));
        let until_line = steps
            .filter(|step| step.kind != StepKind::Return)
            .map(|step| step.span)
            .filter(|&span| self.is_before(flow, span, self.line.end));
        let far = until_line
            .max_by_key(|&span| self.lateness(flow, span))
            .map(|span| format!(": data from the sources goes as far as line {}", line_of(self.file, span.start)));
        format!("the line is a sink, but no untrusted data reaches it{}", far.unwrap_or_default())
    }
}

/// The steps that begin at a source.
fn steps_of(watch: &Watch, source: Span) -> impl Iterator<Item = &Step> {
    watch.steps.iter().filter(move |(of, _)| *of == source).map(|(_, step)| step)
}

/// The ends of what comes from a source.
fn halts_of(watch: &Watch, source: usize) -> impl Iterator<Item = &Halt> {
    let ends = watch.halts.iter().filter(|halt| !matches!(halt.why, Why::SourceAsks(_)));
    ends.filter(move |halt| came_from(&halt.sources, source))
}

fn came_from(sources: &[u32], source: usize) -> bool {
    sources.iter().any(|&of| of as usize == source)
}

/// That what came to a sink is not what it asks for.
fn sink_asks(sink: &Sink, arrival: &Arrival) -> String {
    match &sink.requires {
        SinkRequires::Whole(requires) => asks("the sink", requires, &arrival.labels),
        SinkRequires::Each(each) => {
            let unmet = arrival.unmet.and_then(|number| each.get(number));
            unmet.map_or_else(String::new, |(name, requires)| {
                asks(&format!("of `{}` the sink", name.as_str()), requires, &arrival.labels)
            })
        }
    }
}

/// That labels do not meet a condition.
fn asks(who: &str, requires: &Requires, labels: &[Symbol]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| format!("`{}`", label.as_str())).collect();
    let there = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
    let requires = requires.to_string();
    let requires = requires.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(&requires);
    format!("{who} requires `{requires}`, and the labels that are there are {there}")
}

const fn words(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Source => "enters here",
        StepKind::Assign => "is kept here",
        StepKind::Call => "goes through here",
        StepKind::Return => "is returned here",
        StepKind::Parameter => "arrives here",
        StepKind::Sink => "reaches its sink",
    }
}

/// The path of a finding.
fn path(finding: &Finding) -> Reason {
    let steps = finding.trace.iter().flat_map(|trace| &trace.steps);
    let places = steps.map(|step| at(step.span, words(step.kind))).collect();
    Reason { places, ..reason(Outcome::Holds, "untrusted data goes from its source to the sink") }
}
