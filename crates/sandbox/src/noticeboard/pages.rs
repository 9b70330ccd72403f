//! What people see of Notice Board.

use bytes::Bytes;

use super::{
    State,
    model::{Board, Notice},
};
use crate::{
    Core, Shows,
    pages::{Choice, PostView, TimelineView, escape},
};

impl Shows for State {
    const ACCOUNT: &str = "/u/{name}";
    const POST: &str = "/u/{name}/{id}";
    const FILE: &str = "/media/{id}";
    const INTRODUCTION: &str = "A Notice Board that exists on this computer only.";

    fn core(&self) -> &Core {
        &self.core
    }

    fn people(&self) -> Vec<Choice> {
        self.board().accounts.iter().map(|(account, name)| Choice::of(account, name)).collect()
    }

    fn account(&self, name: &str) -> Option<TimelineView> {
        let board = self.board();
        let of = |(_, notice): &(&u64, &Notice)| notice.account == name && notice.answers.is_none();
        let posts = board.notices.iter().rev().filter(of).take(100).map(|(id, _)| shown(&board, *id));
        Some(TimelineView {
            name: board.accounts.get(name)?.clone(),
            handle: format!("@{name}"),
            bio: String::new(),
            posts: posts.flatten().collect(),
        })
    }

    fn post(&self, name: &str, id: &str) -> Option<PostView> {
        let (board, id) = (self.board(), id.parse().ok()?);
        board.notices.get(&id).filter(|notice| notice.account == name)?;
        shown(&board, id)
    }

    fn file(&self, _id: &str) -> Option<(String, Bytes)> {
        // To fill in: the bytes of a file that a post shows, where the network has files.
        None
    }
}

/// A notice with its answers.
fn shown(board: &Board, id: u64) -> Option<PostView> {
    let notice = board.notices.get(&id)?;
    let answers = board.notices.iter().filter(|(_, other)| other.answers == Some(id));
    Some(PostView {
        id: id.to_string(),
        author: board.accounts.get(&notice.account)?.clone(),
        handle: format!("@{}", notice.account),
        at: notice.at,
        text: escape(&notice.text).replace('\n', "<br>"),
        notes: notice.is_changed.then(|| "edited".to_owned()).into_iter().collect(),
        replies: answers.filter_map(|(answer, _)| shown(board, *answer)).collect(),
        ..PostView::default()
    })
}
