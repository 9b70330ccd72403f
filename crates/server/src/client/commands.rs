//! The commands that talk to an installation, and their arguments.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{
    Told, Way, channels, events, login,
    posts::{self, Texts, When},
    publications,
};
use crate::settings::Surroundings;

/// Commands that talk to an installation's API.
#[derive(Subcommand)]
pub enum ClientCommand {
    /// Log in to an installation and store the API key
    #[command(
        after_help = "Examples:\n  fanfare login https://fanfare.example\n  fanfare login https://fanfare.example --email ana@example.org\n  printf '%s' \"$KEY\" | fanfare login https://fanfare.example"
    )]
    Login {
        /// The installation's address.
        address: url::Url,
        /// Sign in with this e-mail address and create a key, instead of pasting one.
        #[arg(long)]
        email: Option<String>,
    },
    /// Log out on this computer; revokes a key created by `login --email`
    Logout,
    /// Show where you are logged in, and whether the key works
    Whoami,
    /// List channels
    Channels,
    /// Connect an account
    #[command(
        after_help = "Examples:\n  fanfare connect bluesky handle=ana.example\n  fanfare connect mastodon instance=mastodon.example"
    )]
    Connect {
        /// The platform, such as bluesky.
        platform: String,
        /// What the platform asks for, such as handle=alice.example.
        fields: Vec<String>,
        /// Use the platform's app password or token instead of its consent page.
        #[arg(long)]
        password: bool,
    },
    /// Create a post
    #[command(
        after_help = "Examples:\n  fanfare post \"Hello\" --to bluesky --now\n  fanfare post \"Hello\" --to bluesky,mastodon --at \"2030-01-31 09:30\"\n  fanfare post - --to bluesky --next-slot < announcement.txt\n  fanfare post \"One\" --thread \"Two\" --media quay.jpg --alt \"Boats at dusk\" --to x --draft"
    )]
    Post(PostArgs),
    /// Check a post for each channel without storing or publishing it
    #[command(after_help = "Example:\n  fanfare validate \"Hello\" --to bluesky,x && echo fine")]
    Validate {
        #[command(flatten)]
        content: ContentArgs,
        #[command(flatten)]
        to: ToArgs,
    },
    /// List posts, newest first
    Posts {
        /// How many, 1 to 200.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
    /// Show a post: its text, channels and times
    Show {
        /// The post's id.
        id: String,
    },
    /// Change the text of a post that has not been published yet
    #[command(
        after_help = "Examples:\n  fanfare edit post_01… \"Better words\"\n  fanfare edit post_01… - < better.txt"
    )]
    Edit {
        /// The post's id.
        id: String,
        #[command(flatten)]
        content: ContentArgs,
    },
    /// Schedule a draft, or reschedule a post
    #[command(
        after_help = "Examples:\n  fanfare schedule post_01… --at \"2030-01-31 09:30\" --zone Europe/Amsterdam\n  fanfare schedule post_01… --now"
    )]
    Schedule {
        /// The post's id.
        id: String,
        #[command(flatten)]
        when: ScheduleArgs,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Unschedule a post; it won't be published
    #[command(visible_alias = "cancel")]
    Unschedule {
        /// The id of a post, or of one of its publications.
        id: String,
    },
    /// Hand a draft in for review
    #[command(after_help = "Example:\n  fanfare submit post_01… --note \"Is the date right?\"")]
    Submit {
        /// The post's id.
        id: String,
        /// A note for the reviewer.
        #[arg(long)]
        note: Option<String>,
    },
    /// Hand a post in review back to its author
    Return {
        /// The post's id.
        id: String,
        /// A note to its author.
        #[arg(long)]
        note: Option<String>,
    },
    /// Bring back a post that was deleted within the last day
    Undelete {
        /// The post's id.
        id: String,
    },
    /// Delete a post from Fanfare, and with --live from the platforms too
    Delete {
        /// The post's id.
        id: String,
        /// Also delete published posts on the platforms.
        #[arg(long)]
        live: bool,
        /// Don't ask for confirmation.
        #[arg(long)]
        yes: bool,
    },
    /// Show the metrics of a published post
    Metrics {
        /// The id of a post, or of one of its publications.
        id: String,
    },
    /// List events, oldest first
    #[command(after_help = "Examples:\n  fanfare events --follow\n  fanfare --json events --after 1200 | jq .kind")]
    Events {
        /// Only events after this number.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
        after: i64,
        /// Keep listening for new events; without --after, only events from now on.
        #[arg(long)]
        follow: bool,
    },
    /// Show everything that happened to a post or publication
    Explain {
        /// The id of the post or publication.
        id: String,
    },
    /// Decide what to do with a publication that needs attention
    #[command(
        after_help = "Examples:\n  fanfare decide post_01… is-live --url https://social.example/@ana/1\n  fanfare decide pub_01… send"
    )]
    Decide {
        /// The publication's id, or its post's id if only one publication waits.
        id: String,
        /// is-live: it is live; send: publish it (again); drop: don't publish it; cancel: unschedule it.
        #[arg(value_parser = ["is-live", "send", "drop", "cancel"])]
        decision: String,
        /// For is-live: the post's URL on the platform.
        #[arg(long)]
        url: Option<String>,
    },
}

/// The content of a post.
#[derive(Args)]
pub struct ContentArgs {
    /// The text; `-` reads it from standard input.
    text: String,
    /// Add a part to the thread; can be repeated.
    #[arg(long, value_name = "TEXT")]
    thread: Vec<String>,
    /// Attach a file to the first part; can be repeated.
    #[arg(long, value_name = "FILE")]
    media: Vec<PathBuf>,
    /// Alt text for a file; give one per file, in the same order.
    #[arg(long, value_name = "TEXT", requires = "media")]
    alt: Vec<String>,
}

impl ContentArgs {
    fn texts(self) -> Texts {
        Texts { text: self.text, thread: self.thread, media: self.media, alt: self.alt }
    }
}

/// The channels of a post.
#[derive(Args)]
pub struct ToArgs {
    /// Channels, as handle, platform:handle, platform or id; separate several with commas.
    #[arg(long, required = true, num_args = 1.., value_name = "CHANNEL")]
    to: Vec<String>,
}

/// Whether a command waits until a post is live.
#[derive(Args)]
pub struct WaitArgs {
    /// Wait until it is live or needs attention (default with --now).
    #[arg(long)]
    wait: bool,
    /// Don't wait.
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
}

impl WaitArgs {
    fn wanted(&self, when: &When) -> bool {
        (*when == When::Now || self.wait) && !self.no_wait
    }
}

#[derive(Args)]
pub struct PostArgs {
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    to: ToArgs,
    #[command(flatten)]
    when: WhenArgs,
    /// The time zone of --at, such as Europe/Amsterdam; by default this computer's.
    #[arg(long, conflicts_with_all = ["now", "next_slot", "draft"])]
    zone: Option<String>,
    #[command(flatten)]
    wait: WaitArgs,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct WhenArgs {
    /// Publish now.
    #[arg(long)]
    now: bool,
    /// Publish at this time, such as "2030-01-31 09:30".
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Publish in each channel's next free queue slot.
    #[arg(long)]
    next_slot: bool,
    /// Save as a draft.
    #[arg(long)]
    draft: bool,
}

/// When to publish an existing post.
#[derive(Args)]
pub struct ScheduleArgs {
    #[command(flatten)]
    time: TimeArgs,
    /// The time zone of --at, such as Europe/Amsterdam; by default this computer's.
    #[arg(long, conflicts_with_all = ["now", "next_slot"])]
    zone: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct TimeArgs {
    /// Publish now.
    #[arg(long)]
    now: bool,
    /// Publish at this time, such as "2030-01-31 09:30".
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Publish in each channel's next free queue slot.
    #[arg(long)]
    next_slot: bool,
}

fn when(now: bool, next_slot: bool, at: Option<String>, zone: Option<String>) -> When {
    match at {
        Some(at) => When::At(at, zone),
        None if now => When::Now,
        None if next_slot => When::NextSlot,
        None => When::Draft,
    }
}

/// Runs a command.
///
/// # Errors
/// See [`Told`].
pub async fn run(command: ClientCommand, around: &Surroundings, way: Way) -> Result<(), Told> {
    let api = || login::api(around);
    match command {
        ClientCommand::Login { address, email } => login::login(login::Wanted { address, email }, around, way).await,
        ClientCommand::Logout => login::logout(around, way).await,
        ClientCommand::Whoami => login::whoami(around, way).await,
        ClientCommand::Channels => channels::list(&api()?, way).await,
        ClientCommand::Connect { platform, fields, password } => {
            channels::connect(&api()?, channels::Wanted { platform, fields, password }, way).await
        }
        ClientCommand::Post(PostArgs { content, to, when: time, zone, wait }) => {
            let when = when(time.now, time.next_slot, time.at, zone);
            let wait = wait.wanted(&when);
            posts::post(&api()?, posts::Wanted { texts: content.texts(), to: to.to, when, wait }, way).await
        }
        ClientCommand::Validate { content, to } => posts::validate(&api()?, content.texts(), &to.to, way).await,
        ClientCommand::Posts { limit } => posts::list(&api()?, limit, way).await,
        ClientCommand::Show { id } => posts::show(&api()?, &id, way).await,
        ClientCommand::Edit { id, content } => posts::edit(&api()?, &id, content.texts(), way).await,
        ClientCommand::Schedule { id, when: ScheduleArgs { time, zone }, wait } => {
            let when = when(time.now, time.next_slot, time.at, zone);
            let wait = wait.wanted(&when);
            posts::schedule(&api()?, &id, &when, wait, way).await
        }
        ClientCommand::Unschedule { id } => publications::unschedule(&api()?, &id, way).await,
        ClientCommand::Submit { id, note } => posts::submit(&api()?, &id, note, way).await,
        ClientCommand::Return { id, note } => posts::hand_back(&api()?, &id, note, way).await,
        ClientCommand::Undelete { id } => posts::undelete(&api()?, &id, way).await,
        ClientCommand::Delete { id, live, yes } => {
            posts::delete(&api()?, &id, posts::Deletion { live, yes }, way).await
        }
        ClientCommand::Metrics { id } => publications::metrics(&api()?, &id, way).await,
        ClientCommand::Events { after, follow } => events::events(&api()?, after, follow, way).await,
        ClientCommand::Explain { id } => publications::explain(&api()?, &id, way).await,
        ClientCommand::Decide { id, decision, url } => {
            publications::decide(&api()?, &id, &decision.replace('-', "_"), url, way).await
        }
    }
}
