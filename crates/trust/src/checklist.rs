//! The promises of the model policies behind the presets: which clause keeps each, or why it is not promised yet.
//!
//! A promise is neither forgotten nor rendered without being kept: tests compare this list with the policies.

use crate::Preset;

/// A promise of a model policy.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    /// The section of the model policy.
    pub section: &'static str,
    /// What is promised, in short.
    pub name: &'static str,
    /// Whether the policy of the preset has it.
    pub standing: Standing,
}

/// Whether a promise is in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The clause with this id has it.
    Kept(&'static str),
    /// Not promised yet, because the software does not do it: the reason.
    NotYet(&'static str),
}

use Standing::{Kept, NotYet};

const NO_AI: &str = "there are no AI features";
const NO_BILLING: &str = "there is no billing";
const NO_MAIL: &str = "no e-mail is sent";
const NO_NOTICE: &str = "people are not told of changes in the app yet";
const NO_WHATSAPP: &str = "there are no WhatsApp notifications";
const NO_ANALYTICS: &str = "there is no usage analysis, neither our own nor another company's";
const NO_LOG: &str = "requests and addresses are not logged";
const NO_IP: &str = "IP addresses are not stored, except the network that last used an API key";
const NO_PERSON_END: &str = "a person's account cannot be closed or deleted yet, so no period after it is kept";
const NO_AUDITS: &str = "profiles hold no evidence of audits yet";
const NO_TRAINING: &str = "profiles hold no evidence of training yet";
const NO_PROCESSOR: &str = "the preset names no processors; the operator enters those that host the installation";
const NO_CONNECTOR: &str = "there is no connector for it";
const NO_SUPPORT: &str = "messages to the operator are not stored";
const NO_OPTOUT: &str = "settings have no switches for uses of data yet";
const OPERATOR: &str = "an act of the operator outside this software, of which it keeps no record yet";

type Row = (&'static str, &'static str, Standing);

const MIND: &[Row] = &[
    ("1", "covers the web app and its API", Kept("collected")),
    ("1", "covers Facebook, Instagram and X", Kept("platforms")),
    ("1", "covers LinkedIn", NotYet(NO_CONNECTOR)),
    ("1", "covers WhatsApp notifications", NotYet(NO_WHATSAPP)),
    ("2", "names the controller", Kept("controller")),
    ("3.1", "stores name and e-mail address", Kept("collected")),
    ("3.1", "stores passwords unreadably", Kept("passwords")),
    ("3.1", "stores preferences", Kept("collected")),
    ("3.1", "stores a phone number for notifications", NotYet(NO_WHATSAPP)),
    ("3.2", "stores of accounts only what posting needs, and says what", Kept("platforms")),
    ("3.2", "uses only granted permissions", Kept("granted-only")),
    ("3.3", "stores posts and media", Kept("collected")),
    ("3.3", "stores results of posts", Kept("insights")),
    ("3.4", "stores WhatsApp delivery and opt-in status", NotYet(NO_WHATSAPP)),
    ("3.4", "does not read WhatsApp conversations", NotYet(NO_WHATSAPP)),
    ("3.5", "stores devices of sign-ins", Kept("collected")),
    ("3.5", "stores IP addresses", NotYet(NO_IP)),
    ("3.5", "usage logs and analytics", NotYet(NO_ANALYTICS)),
    ("4", "a legal basis for each purpose", Kept("purposes")),
    ("4", "consent for posting", Kept("consent-record")),
    ("4", "consent for WhatsApp", NotYet(NO_WHATSAPP)),
    ("4", "legitimate interest for improvements and analytics", NotYet(NO_ANALYTICS)),
    ("5", "uses data to deliver the service", Kept("purposes")),
    ("5", "schedules and publishes", Kept("direct")),
    ("5", "WhatsApp notifications", NotYet(NO_WHATSAPP)),
    ("5", "shows how content performs", Kept("insights")),
    ("5", "answers support requests", NotYet(NO_SUPPORT)),
    ("5", "protects against unauthorised access", Kept("purposes")),
    ("6.1", "never sees account passwords", Kept("official-sign-in")),
    ("6.1", "people choose permissions", Kept("granted-only")),
    ("6.1", "access can be revoked at the platform", Kept("revoked-there")),
    ("6.2", "authors stay owners; content goes directly to the platforms", Kept("direct")),
    ("6.2", "content is used for publishing only", Kept("no-ai")),
    ("6.3", "disconnect in the app", Kept("disconnect")),
    ("6.3", "disconnect at the platform", Kept("revoked-there")),
    ("7.1", "WhatsApp notifications for four occasions", NotYet(NO_WHATSAPP)),
    ("7.2", "WhatsApp opt-in, and opt-out by settings or STOP", NotYet(NO_WHATSAPP)),
    ("7.3", "what Meta processes of WhatsApp messages", NotYet(NO_WHATSAPP)),
    ("8.1", "names hosting providers", NotYet(NO_PROCESSOR)),
    ("8.1", "names payment processors", NotYet(NO_BILLING)),
    ("8.1", "names analytics services", NotYet(NO_ANALYTICS)),
    ("8.2", "names platforms as recipients, with their policies", Kept("platforms")),
    ("8.3", "no sale of data", Kept("no-third-parties")),
    ("8.3", "nothing for advertisers", Kept("no-third-parties")),
    ("8.3", "no training of AI without consent", Kept("no-ai")),
    ("9", "account data for 30 days after the account", NotYet(NO_PERSON_END)),
    ("9", "tokens until revoked or deleted", Kept("disconnect")),
    ("9", "metadata of published posts for 12 months", NotYet("published posts are kept as long as the workspace")),
    ("9", "WhatsApp logs for 90 days", NotYet(NO_WHATSAPP)),
    ("9", "billing records for 7 years", NotYet(NO_BILLING)),
    ("10", "says to which countries data goes", Kept("platforms")),
    ("10", "standard contractual clauses", NotYet(NO_PROCESSOR)),
    ("10", "agreements with all providers", NotYet(NO_PROCESSOR)),
    ("10", "technical protection", Kept("tokens-sealed")),
    ("11", "seven rights", Kept("rights")),
    ("11", "answers within 30 days", Kept("rights")),
    ("12", "encryption in transit", Kept("https")),
    ("12", "encryption at rest, secure storage of tokens", Kept("tokens-sealed")),
    ("12", "regular audits", NotYet(NO_AUDITS)),
    ("12", "access controls", Kept("access")),
    ("12", "training of employees", NotYet(NO_TRAINING)),
    ("13", "essential cookies and what they are for", Kept("cookies")),
    ("13", "a cookie for preferences", NotYet("preferences are stored with the account, without a cookie")),
    ("13", "analytics cookies after consent", NotYet(NO_ANALYTICS)),
    ("14", "not for people under 16; contact for children's data", Kept("children")),
    ("15", "notice of changes by e-mail", NotYet(NO_MAIL)),
    ("15", "notice of changes on the platform", NotYet(NO_NOTICE)),
    ("15", "a date of the last update", Kept("changes")),
    ("16", "right to complain, with the authority", Kept("complaint")),
];

const SOCIALCONNECT: &[Row] = &[
    ("0", "covers Facebook and Instagram", Kept("platforms")),
    ("0", "covers WhatsApp, TikTok, LinkedIn and Pinterest", NotYet(NO_CONNECTOR)),
    ("0", "an effective date", Kept("changes")),
    ("1", "stores e-mail address, API keys and tokens", Kept("collected")),
    ("1", "stores media and results of connected accounts", Kept("insights")),
    ("1", "stores comments", NotYet("comments are not stored, and the policy says so")),
    ("1", "logs of API usage with address, time and user agent", NotYet(NO_LOG)),
    ("1", "stores devices of sign-ins", Kept("collected")),
    ("1", "request headers and referrer", NotYet(NO_LOG)),
    ("1", "never collects platform passwords", Kept("official-sign-in")),
    ("2", "provides the API", Kept("purposes")),
    ("2", "signs in to platforms", Kept("official-sign-in")),
    ("2", "acts for the person", Kept("direct")),
    ("2", "improves performance", NotYet(NO_ANALYTICS)),
    ("2", "limits rates", Kept("limits")),
    ("3", "scopes granted by the person", Kept("granted-only")),
    ("3", "names Meta and its policy", Kept("platforms")),
    ("3", "names TikTok, LinkedIn and Pinterest and their policies", NotYet(NO_CONNECTOR)),
    ("3", "sends platforms only what a call needs", Kept("direct")),
    ("4", "consent when connecting", Kept("consent-record")),
    ("4", "contract", Kept("purposes")),
    ("4", "legitimate interest", Kept("purposes")),
    ("4", "revoke access at any time", Kept("disconnect")),
    ("4", "delete data at any time", NotYet(NO_PERSON_END)),
    ("5", "access, correction, deletion, portability", Kept("rights")),
    ("5", "withdraw consent", Kept("rights")),
    ("5", "complain to an authority", Kept("complaint")),
    ("6", "tokens as long as the account is active", Kept("disconnect")),
    ("6", "logs for 90 days", NotYet(NO_LOG)),
    ("6", "delete the account and all data at any time", NotYet(NO_PERSON_END)),
    ("7", "HTTPS for all traffic", Kept("https")),
    ("7", "tokens encrypted at rest", Kept("tokens-sealed")),
    ("7", "strict handling of API keys", Kept("keys")),
    ("7", "internal access logs", Kept("access")),
    ("7", "alerts", NotYet("there are no alert rules for access yet")),
    ("7", "no absolute security", Kept("no-guarantee")),
    ("8", "not under 13, or 16 in the EU; contact for deletion", Kept("children")),
    ("9", "countries where data is", Kept("storage")),
    ("9", "standard contractual clauses", NotYet(NO_PROCESSOR)),
    ("10", "notice of changes by e-mail or dashboard", NotYet(NO_NOTICE)),
    ("10", "a date of the last update", Kept("changes")),
    ("11", "a contact", Kept("contact")),
];

const POSTR: &[Row] = &[
    ("1", "using the service is agreeing", NotYet("acceptance is not recorded yet")),
    ("2.1", "stores e-mail address and name", Kept("collected")),
    ("2.1", "stores posts and media", Kept("collected")),
    ("2.1", "stores messages to the operator", NotYet(NO_SUPPORT)),
    ("2.1", "billing details at a payment company", NotYet(NO_BILLING)),
    ("2.2", "usage data", NotYet(NO_ANALYTICS)),
    ("2.2", "devices of sign-ins", Kept("collected")),
    ("2.2", "IP addresses", NotYet(NO_IP)),
    ("2.2", "performance metrics and error logs", NotYet(NO_ANALYTICS)),
    ("2.2", "session cookies", Kept("cookies")),
    ("2.2", "preference cookies", NotYet("preferences are stored with the account, without a cookie")),
    ("2.2", "analytics cookies", NotYet(NO_ANALYTICS)),
    ("2.3", "profile information and results from X, Instagram, Threads, Bluesky", Kept("platforms")),
    ("2.3", "profile information from TikTok and YouTube", NotYet(NO_CONNECTOR)),
    ("2.3", "lists of followers", NotYet("followers are not stored")),
    ("2.3", "tokens and ids", Kept("collected")),
    ("2.3", "public posts of connected accounts", Kept("platforms")),
    ("2.4", "AI prompts, output and usage", NotYet(NO_AI)),
    ("2.4", "metrics by Google Analytics, PostHog and Sentry", NotYet(NO_ANALYTICS)),
    ("3", "provides the service", Kept("purposes")),
    ("3", "schedules and publishes", Kept("direct")),
    ("3", "insights about performance", Kept("insights")),
    ("3", "AI generation and its plan limits", NotYet(NO_AI)),
    ("3", "payments", NotYet(NO_BILLING)),
    ("3", "monitors behaviour", NotYet(NO_ANALYTICS)),
    ("3", "messages about the account", NotYet(NO_MAIL)),
    ("3", "personalises", NotYet("nothing is personalised")),
    ("3", "prevents security threats", Kept("purposes")),
    ("3", "complies with the law", Kept("purposes")),
    ("3", "develops new features from data", NotYet(NO_ANALYTICS)),
    ("4", "no sale of data", Kept("no-third-parties")),
    ("4.1", "sharing with consent", NotYet("there is no other sharing than publishing")),
    ("4.2", "names hosting and database providers", NotYet(NO_PROCESSOR)),
    ("4.2", "names payment, e-mail, AI and analytics providers", NotYet("none of these features is there")),
    ("4.3", "shares content with connected platforms", Kept("platforms")),
    ("4.4", "disclosure where the law requires it", NotYet(OPERATOR)),
    ("4.5", "transfer with the business", NotYet(OPERATOR)),
    ("5", "encryption in transit", Kept("https")),
    ("5", "encryption at rest", Kept("tokens-sealed")),
    ("5", "secure authentication", Kept("passwords")),
    ("5", "authentication by Firebase", NotYet("people sign in here, without another company")),
    ("5", "regular assessments", NotYet(NO_AUDITS)),
    ("5", "access controls", Kept("access")),
    ("5", "training of employees", NotYet(NO_TRAINING)),
    ("5", "secure integrations", Kept("direct")),
    ("5", "no absolute security", Kept("no-guarantee")),
    ("6", "account data while the account is active", Kept("retention")),
    ("6", "content for up to 2 years after the account", NotYet(NO_PERSON_END)),
    ("6", "payment records", NotYet(NO_BILLING)),
    ("6", "longer where the law requires it", NotYet("there are no legal holds yet")),
    ("7.1", "access and portability", Kept("rights")),
    ("7.2", "correction in the settings", Kept("rights")),
    ("7.3", "deletion on request", Kept("rights")),
    ("7.4", "opt-out in the settings", NotYet(NO_OPTOUT)),
    ("7.5", "answers within 30 days", Kept("rights")),
    ("8", "only granted permissions", Kept("granted-only")),
    ("8", "each platform has its own policy", Kept("platforms")),
    ("8", "revoke access at any time", Kept("disconnect")),
    ("8.1", "AI services and what they get", NotYet(NO_AI)),
    ("9", "countries and safeguards", Kept("storage")),
    ("9", "standard contractual clauses, adequacy decisions", NotYet(NO_PROCESSOR)),
    ("10", "not for children under 13; contact", Kept("children")),
    ("11", "notice on the website", Kept("changes")),
    ("11", "notice by e-mail", NotYet(NO_MAIL)),
    ("11", "notice in the app", NotYet(NO_NOTICE)),
    ("12", "a contact", Kept("contact")),
];

/// The promises of the model policy of a preset. The default has none.
pub fn of(preset: Preset) -> impl Iterator<Item = Promise> {
    let rows = match preset {
        Preset::Mind => MIND,
        Preset::SocialConnect => SOCIALCONNECT,
        Preset::Postr => POSTR,
        Preset::Default => &[],
    };
    rows.iter().map(|&(section, name, standing)| Promise { section, name, standing })
}
