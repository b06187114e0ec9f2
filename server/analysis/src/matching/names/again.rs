//! The names of one version and those of the one before: taken over, and compared.

use super::resolve::{Scopes, assignment_declares, opens, refers};
use super::{Entity, Names, Segment, required};
use crate::matching::list::Touched;
use std::ops::Range;
use weir_model::Language;
use weir_syntax::{Difference, Kind, NodeId, Role, Tree};

impl Names {
    /// The names of a tree, from those of the version before; `None` where the change may declare something, or no longer.
    pub(crate) fn after(
        &self,
        old_tree: &Tree,
        tree: &Tree,
        language: Language,
        difference: &Difference,
    ) -> Option<Self> {
        if !declares_the_same(old_tree, tree, language, difference) {
            return None;
        }
        let moved = |path: &[Segment]| -> Option<Vec<Segment>> {
            let moved = |segment: &Segment| Some(Segment { node: difference.node(segment.node)?, ..*segment });
            path.iter().map(moved).collect()
        };
        let entity = |entity: &Entity| {
            let type_ = match entity.type_ {
                Some(type_) => Some(difference.node(type_)?),
                None => None,
            };
            Some(Entity { type_, path: moved(&entity.path)?, by: difference.node(entity.by)? })
        };
        let declared = self.declared.iter();
        let wildcards = self.wildcards.iter();
        let (before, behind) = (difference.new.start as usize, difference.old.end as usize);
        let mut resolved = Vec::with_capacity(tree.len());
        resolved.extend_from_slice(&self.resolved[..before]);
        resolved.resize(difference.new.end as usize, 0);
        resolved.extend_from_slice(&self.resolved[behind..]);
        let mut names = Self {
            resolved,
            entities: self.entities.iter().map(entity).collect::<Option<_>>()?,
            declared: declared
                .map(|((owner, name), number)| Some(((difference.node(*owner)?, *name), *number)))
                .collect::<Option<_>>()?,
            all: self.all.clone(),
            repeated: self.repeated.clone(),
            wildcards: wildcards
                .map(|(at, path)| Some((difference.node(*at)?, moved(path)?)))
                .collect::<Option<_>>()?,
            imported: self.imported.clone(),
            opened: self.opened.clone(),
        };
        for at in difference.new.clone() {
            names.resolved[at as usize] = names.resolved_alone(tree, language, NodeId(at))?;
        }
        Some(names)
    }

    /// What a name refers to; `None` if that depends on which of several declarations stands before it.
    fn resolved_alone(&self, tree: &Tree, language: Language, node: NodeId) -> Option<u32> {
        let name = tree.sym(node);
        if tree.kind(node) != Kind::Ident || !self.all.contains(&name) || !refers(tree, node) {
            return Some(0);
        }
        if self.repeated.contains(&name) {
            return None;
        }
        let scopes = Scopes::around(tree, node);
        let known = || scopes.visible(tree, language).filter_map(|scope| self.declared.get(&(scope, name)).copied());
        let entity = |number: u32| &self.entities[number as usize - 1];
        let before = known().find(|&number| entity(number).by < node);
        Some(before.or_else(|| known().next().filter(|&number| entity(number).path.is_empty())).unwrap_or(0))
    }

    /// Names that refer to something else than they did in an older version: to another declaration, or to one whose type or
    /// import is touched. `None` if that cannot be told name by name.
    pub(crate) fn changed_since(
        &self,
        old: &Self,
        tree: &Tree,
        (old_tree, difference): (&Tree, &Difference),
        touched: &Touched,
    ) -> Option<Vec<NodeId>> {
        let moved = |node: NodeId, now: NodeId| difference.node(node) == Some(now) && !touched.has(now);
        let same_path = |path: &[Segment], other: &[Segment]| {
            path.len() == other.len() && path.iter().zip(other).all(|(a, b)| a.name == b.name && moved(a.node, b.node))
        };
        let same_entity = |entity: &Entity, other: &Entity| {
            let same_type = match (entity.type_, other.type_) {
                (Some(type_), Some(now)) => moved(type_, now),
                (None, None) => true,
                _ => false,
            };
            same_type && same_path(&entity.path, &other.path)
        };
        let same_wildcards = self.wildcards.len() == old.wildcards.len()
            && old
                .wildcards
                .iter()
                .zip(&self.wildcards)
                .all(|((at, path), (now, other))| moved(*at, *now) && same_path(path, other));
        // Fields are found through their class.
        let of_classes = |names: &Self, tree: &Tree| {
            let mut fields: Vec<_> = names
                .declared
                .iter()
                .filter(|((owner, _), _)| tree.kind(*owner) == Kind::Class)
                .map(|((owner, name), number)| (*owner, *name, *number as usize - 1))
                .collect();
            fields.sort_unstable();
            fields
        };
        let (fields, old_fields) = (of_classes(self, tree), of_classes(old, old_tree));
        let same_fields = fields.len() == old_fields.len()
            && old_fields.iter().all(|(owner, name, number)| {
                let Some(owner) = difference.node(*owner) else { return false };
                let at = fields.partition_point(|(other, field, _)| (*other, *field) < (owner, *name));
                fields.get(at).is_some_and(|(other, field, now)| {
                    (*other, *field) == (owner, *name) && same_entity(&old.entities[*number], &self.entities[*now])
                })
            });
        if !same_wildcards || !same_fields {
            return None;
        }
        // Numbers of declarations may differ; they must differ alike wherever they occur.
        let mut now_of: Vec<u32> = vec![u32::MAX; old.entities.len() + 1];
        let mut was_of: Vec<u32> = vec![u32::MAX; self.entities.len() + 1];
        (now_of[0], was_of[0]) = (0, 0);
        let mut changed = Vec::new();
        let mut compare = |at: usize, was: u32, now: u32| {
            let (known, back) = (now_of[was as usize], was_of[now as usize]);
            if known == now && back == was {
                return;
            }
            if known == u32::MAX
                && back == u32::MAX
                && same_entity(&old.entities[was as usize - 1], &self.entities[now as usize - 1])
            {
                (now_of[was as usize], was_of[now as usize]) = (now, was);
                return;
            }
            changed.push(NodeId(at as u32));
        };
        let before = difference.new.start as usize;
        for at in 0..before {
            compare(at, old.resolved[at], self.resolved[at]);
        }
        let behind = (difference.new.end as usize..).zip(&self.resolved[difference.new.end as usize..]);
        for ((at, &now), &was) in behind.zip(&old.resolved[difference.old.end as usize..]) {
            compare(at, was, now);
        }
        Some(changed)
    }
}

/// Whether what is new and what is gone declares nothing, and what stands around it the same as before.
fn declares_the_same(old_tree: &Tree, tree: &Tree, language: Language, difference: &Difference) -> bool {
    let plain = |tree: &Tree, range: &Range<u32>| {
        let declares = |kind: Kind| {
            let imports = matches!(kind, Kind::Import | Kind::ImportFrom);
            imports || opens(kind) || matches!(kind, Kind::Param | Kind::VarDef | Kind::Assign | Kind::CompFor)
        };
        !range.clone().any(|at| declares(tree.kind(NodeId(at))))
    };
    if !difference.stretched.is_empty() || !plain(old_tree, &difference.old) || !plain(tree, &difference.new) {
        return false;
    }
    let around = &difference.around;
    around.iter().enumerate().all(|(at, &above)| {
        // Through which of its children it holds the change.
        let through = |role: Role| {
            if let Some(&inner) = around.get(at + 1) {
                return tree.role(inner) == role;
            }
            let changed = |tree: &Tree, range: &Range<u32>| {
                let mut top = range.clone().map(NodeId).filter(|&node| tree.parent(node) == Some(above));
                top.all(|node| tree.role(node) == role)
            };
            changed(old_tree, &difference.old) && changed(tree, &difference.new)
        };
        let value = |tree: &Tree| tree.child(above, Role::Value);
        // What is made, or what a module is, is told by the value.
        let says_nothing = |tree: &Tree| {
            value(tree).is_none_or(|value| tree.kind(value) != Kind::New && required(tree, value).is_none())
        };
        match tree.kind(above) {
            Kind::Import | Kind::ImportFrom | Kind::Param => false,
            Kind::Function | Kind::Class | Kind::Catch => through(Role::Body),
            Kind::ForEach => through(Role::Body) || through(Role::Iter),
            Kind::CompFor => through(Role::Iter),
            Kind::Assign if !assignment_declares(language) => true,
            Kind::Assign | Kind::VarDef => through(Role::Value) && says_nothing(old_tree) && says_nothing(tree),
            _ => true,
        }
    })
}
