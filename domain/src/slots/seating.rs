//! Who sits where, of those who are free.

use crate::{
    ids::AccountId,
    interview::events::PanelRole,
    interview_type::events::{PanelSpec, PanelStrategy, RoleSpec},
};

/// The seats of a panel, role by role.
#[derive(Clone, Debug)]
pub(crate) struct Seating {
    /// Each with its people in order, to be found fast; with nobody where seats are open.
    roles: Vec<RoleSpec>,
    /// True when anybody may take any seat, so that it is enough to count.
    is_open: bool,
}

impl Seating {
    /// The seats that a panel has: those of its roles, or a lead and as many more of these people as take part.
    pub(crate) fn of(panel: &PanelSpec, people: &[AccountId]) -> Self {
        if !panel.roles.is_empty() {
            let mut roles = panel.roles.clone();
            for role in &mut roles {
                role.pool.sort_unstable();
            }
            return Self {
                roles,
                is_open: false,
            };
        }
        let seats = match panel.strategy {
            PanelStrategy::Collective => u8::try_from(people.len()).unwrap_or(u8::MAX),
            PanelStrategy::RoundRobin => panel.seats,
        };
        let role = |role, seats| RoleSpec {
            role,
            min: seats,
            max: seats,
            pool: Vec::new(),
        };
        let roles = [role(PanelRole::Lead, 1), role(PanelRole::Panel, seats.max(1) - 1)];
        Self {
            roles: roles.into(),
            is_open: true,
        }
    }

    /// How many people are needed.
    pub(super) fn needed(&self) -> usize {
        self.roles.iter().map(|role| usize::from(role.min)).sum()
    }

    /// So many of those who are free are enough to look at: one more than take part, to know who was left out.
    pub(super) fn enough(&self) -> usize {
        if self.is_open {
            self.needed() + 1
        } else {
            usize::MAX
        }
    }

    /// True when somebody may sit in a role.
    pub(super) fn may_have(&self, person: AccountId, role: PanelRole) -> bool {
        let mut roles = self.roles.iter().filter(|spec| spec.role == role);
        self.is_open || roles.any(|spec| takes(spec, person))
    }

    /// True when the seats that are needed can be taken by these people.
    pub(crate) fn is_possible(&self, people: &[AccountId]) -> bool {
        if self.is_open {
            return people.len() >= self.needed();
        }
        self.seat_needed(people).is_some()
    }

    /// Seats people, given in order of preference: whoever is needed first, then as many more as each role takes. The lead
    /// comes first. `None` when a seat that is needed stays empty, however people change seats.
    pub(super) fn seat(&self, people: &[AccountId]) -> Option<Vec<(AccountId, PanelRole)>> {
        let mut seated = self.seat_needed(people)?;
        if self.is_open {
            return Some(seated);
        }
        for role in &self.roles {
            let taken = seated.iter().filter(|(_, taken)| *taken == role.role).count();
            let others: Vec<_> = people
                .iter()
                .filter(|person| takes(role, **person))
                .filter(|person| seated.iter().all(|(known, _)| known != *person))
                .take(usize::from(role.max).saturating_sub(taken))
                .map(|person| (*person, role.role))
                .collect();
            seated.extend(others);
        }
        seated.sort_by_key(|(_, role)| match role {
            PanelRole::Lead => 0,
            PanelRole::Panel => 1,
            PanelRole::Shadow => 2,
        });
        Some(seated)
    }

    /// Fills one needed seat after the other; whoever sits where somebody else could not sit makes room if there is another
    /// seat for them (augmenting paths).
    fn seat_needed(&self, people: &[AccountId]) -> Option<Vec<(AccountId, PanelRole)>> {
        let seats = self
            .roles
            .iter()
            .flat_map(|role| std::iter::repeat_n(role, usize::from(role.min)));
        let seats: Vec<&RoleSpec> = seats.collect();
        if self.is_open {
            let seated = people
                .iter()
                .zip(&seats)
                .map(|(person, seat)| (*person, seat.role));
            return (people.len() >= seats.len()).then(|| seated.collect());
        }
        let mut sits: Vec<Option<usize>> = vec![None; people.len()];
        for seat in 0..seats.len() {
            let mut asked = vec![false; people.len()];
            if !fill(seat, &seats, people, &mut sits, &mut asked) {
                return None;
            }
        }
        let seated = people.iter().zip(&sits);
        let seated = seated.filter_map(|(person, seat)| seat.map(|seat| (seat, *person)));
        let mut seated: Vec<_> = seated.collect();
        seated.sort_unstable_by_key(|(seat, _)| *seat);
        Some(
            seated
                .into_iter()
                .map(|(seat, person)| (person, seats[seat].role))
                .collect(),
        )
    }
}

/// True when a role is for this person too.
fn takes(role: &RoleSpec, person: AccountId) -> bool {
    role.pool.binary_search(&person).is_ok()
}

/// Finds somebody for a seat: whoever is without one, or can be moved to another. Nobody is asked twice.
fn fill(
    seat: usize,
    seats: &[&RoleSpec],
    people: &[AccountId],
    sits: &mut [Option<usize>],
    asked: &mut [bool],
) -> bool {
    let may_sit = |index: &usize| takes(seats[seat], people[*index]);
    let standing = (0..people.len())
        .filter(may_sit)
        .find(|index| sits[*index].is_none());
    if let Some(index) = standing {
        sits[index] = Some(seat);
        return true;
    }
    for index in (0..people.len()).filter(may_sit) {
        if !asked[index] {
            asked[index] = true;
            let moves = sits[index].is_some_and(|other| fill(other, seats, people, sits, asked));
            if moves {
                sits[index] = Some(seat);
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::given::id;

    fn role(role: PanelRole, min: u8, max: u8, pool: &[u128]) -> RoleSpec {
        RoleSpec {
            role,
            min,
            max,
            pool: pool.iter().map(|account| id(*account)).collect(),
        }
    }

    fn seating(roles: Vec<RoleSpec>) -> Seating {
        Seating {
            roles,
            is_open: false,
        }
    }

    fn seated(seating: &Seating, people: &[u128]) -> Option<Vec<(u128, PanelRole)>> {
        let people: Vec<AccountId> = people.iter().map(|account| id(*account)).collect();
        let seated = seating.seat(&people)?;
        Some(
            seated
                .into_iter()
                .map(|(person, role)| (person.uuid().as_u128(), role))
                .collect(),
        )
    }

    #[test]
    fn who_could_lead_makes_room_for_who_could_do_nothing_else() {
        let seating = seating(vec![
            role(PanelRole::Lead, 1, 1, &[1, 2]),
            role(PanelRole::Panel, 1, 1, &[1]),
        ]);
        assert_eq!(
            seated(&seating, &[1, 2]),
            Some(vec![(2, PanelRole::Lead), (1, PanelRole::Panel)])
        );
        assert_eq!(seated(&seating, &[1]), None);
        assert_eq!(seated(&seating, &[2, 3]), None);
    }

    #[test]
    fn seats_that_are_not_needed_are_taken_as_far_as_people_are_free() {
        let seating = seating(vec![
            role(PanelRole::Shadow, 0, 2, &[3, 4, 5]),
            role(PanelRole::Lead, 1, 1, &[1, 2]),
        ]);
        assert_eq!(seated(&seating, &[2, 1]), Some(vec![(2, PanelRole::Lead)]));
        assert_eq!(
            seated(&seating, &[5, 1, 4, 3]),
            Some(vec![
                (1, PanelRole::Lead),
                (5, PanelRole::Shadow),
                (4, PanelRole::Shadow)
            ])
        );
    }

    /// Whether every seat can be had by somebody else, by trying everything.
    fn by_trying(seats: &[&RoleSpec], people: &[AccountId]) -> bool {
        let Some((seat, others)) = seats.split_first() else {
            return true;
        };
        people.iter().any(|person| {
            let left: Vec<_> = people.iter().copied().filter(|other| other != person).collect();
            seat.pool.contains(person) && by_trying(others, &left)
        })
    }

    proptest! {
        #[test]
        fn a_panel_is_seated_exactly_when_there_is_a_way_to_seat_it(
            pools in proptest::collection::vec(
                (0_u8..3, 0_u8..2, proptest::collection::btree_set(0_u128..6, 1..5)),
                1..4,
            ),
            free in proptest::collection::btree_set(0_u128..6, 0..6),
        ) {
            let parts = [PanelRole::Lead, PanelRole::Panel, PanelRole::Shadow];
            let roles: Vec<_> = parts
                .into_iter()
                .zip(&pools)
                .map(|(part, (min, more, pool))| role(part, *min, min + more, &pool.iter().copied().collect::<Vec<_>>()))
                .collect();
            let people: Vec<AccountId> = free.iter().map(|account| id(*account)).collect();
            let needed: Vec<&RoleSpec> = roles.iter().flat_map(|role| std::iter::repeat_n(role, role.min.into())).collect();
            let seating = seating(roles.clone());

            let seated = seating.seat(&people);

            prop_assert_eq!(seated.is_some(), by_trying(&needed, &people));
            prop_assert_eq!(seating.is_possible(&people), seated.is_some());
            for role in roles.iter().filter(|_| seated.is_some()) {
                let taken: Vec<_> = seated.iter().flatten().filter(|(_, taken)| *taken == role.role).collect();
                prop_assert!((usize::from(role.min)..=usize::from(role.max)).contains(&taken.len()));
                prop_assert!(taken.iter().all(|(person, _)| role.pool.contains(person)));
            }
            let mut once: Vec<_> = seated.iter().flatten().map(|(person, _)| *person).collect();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), seated.map_or(0, |seated| seated.len()));
        }
    }
}
