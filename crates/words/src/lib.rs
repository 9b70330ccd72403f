//! `say!`: a message for people, written like `format!`. `base::words` says what becomes of it.
//!
//! It is a crate of its own because a macro that reads its literal must be, and it needs nothing but the compiler.

use std::fmt::Write as _;

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// A message with its values: `say!("X takes {max} characters.", max = limit)`. The English sentence is its key.
///
/// A value is a variable by its name, or given after the sentence as `name = expression`. `{images|image|images}` is a word that
/// depends on a number: the first if it is 1, else the second. Without values it is a constant.
#[proc_macro]
pub fn say(input: TokenStream) -> TokenStream {
    expand(input).unwrap_or_else(|(span, why)| {
        let mut error: TokenStream = "::core::compile_error!".parse().unwrap_or_default();
        let mut why = Literal::string(&why);
        why.set_span(span);
        error.extend([group(Delimiter::Parenthesis, TokenTree::Literal(why).into())]);
        error
    })
}

type Refusal = (Span, String);

fn expand(input: TokenStream) -> Result<TokenStream, Refusal> {
    let mut tokens = input.into_iter();
    let literal = match tokens.next() {
        Some(TokenTree::Literal(literal)) if literal.to_string().starts_with(['"', 'r']) => literal,
        Some(other) => return Err((other.span(), "begin with the sentence, as a string".to_owned())),
        None => return Err((Span::call_site(), "begin with the sentence, as a string".to_owned())),
    };
    let mut given = given(tokens)?;
    let span = literal.span();
    let names = names(&literal.to_string()).map_err(|why| (span, why))?;
    let mut values = TokenStream::new();
    for name in &names {
        let at = given.iter().position(|(it, _)| it.to_string() == *name);
        let value = match at {
            Some(at) => given.remove(at).1,
            None => TokenTree::Ident(Ident::new(name, span)).into(),
        };
        values.extend(pair(name, value));
    }
    if let Some((unused, _)) = given.first() {
        return Err((unused.span(), format!("the sentence has no {{{unused}}}")));
    }
    let mut call = path(if names.is_empty() { "::base::words::Text::constant" } else { "::base::words::Text::with" });
    let mut arguments: TokenStream = TokenTree::Literal(literal).into();
    if !names.is_empty() {
        arguments.extend([TokenTree::Punct(Punct::new(',', Spacing::Alone))]);
        arguments.extend(path("::std::vec!"));
        arguments.extend([group(Delimiter::Bracket, values)]);
    }
    call.extend([group(Delimiter::Parenthesis, arguments)]);
    Ok(call)
}

/// `("name", match &(value) { given => … }),`: as a value of its kind, or as it is displayed.
fn pair(name: &str, value: TokenStream) -> TokenStream {
    let mut inner: TokenStream = TokenTree::Literal(Literal::string(name)).into();
    inner.extend(path(", match &"));
    inner.extend([group(Delimiter::Parenthesis, value)]);
    inner.extend(path("{ given => { use ::base::words::given::*; (&Given(given)).value() } }"));
    let mut pair: TokenStream = group(Delimiter::Parenthesis, inner).into();
    pair.extend([TokenTree::Punct(Punct::new(',', Spacing::Alone))]);
    pair
}

/// `, name = expression, …`
fn given(mut tokens: impl Iterator<Item = TokenTree>) -> Result<Vec<(Ident, TokenStream)>, Refusal> {
    let is = |token: &TokenTree, sign: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign);
    let mut found = Vec::new();
    match tokens.next() {
        None => return Ok(found),
        Some(token) if is(&token, ',') => {}
        Some(token) => return Err((token.span(), "a comma is missing".to_owned())),
    }
    loop {
        let name = match tokens.next() {
            None => return Ok(found),
            Some(TokenTree::Ident(name)) => name,
            Some(other) => return Err((other.span(), "write `name = value`".to_owned())),
        };
        match tokens.next() {
            Some(token) if is(&token, '=') => {}
            _ => return Err((name.span(), "write `name = value`, or name the variable in the sentence".to_owned())),
        }
        let value: TokenStream = tokens.by_ref().take_while(|token| !is(token, ',')).collect();
        found.push((name, value));
    }
}

/// The names of a sentence's values, each once.
fn names(sentence: &str) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = Vec::new();
    let mut rest = sentence;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|close| open + close) else {
            return Err("a brace is not closed".to_owned());
        };
        let inner = &rest[open + 1..close];
        // An escape such as \u{2019} is a letter.
        let is_escape = rest[..open].ends_with("\\u");
        rest = &rest[close + 1..];
        if is_escape {
            continue;
        }
        let name = inner.split('|').next().unwrap_or_default();
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_name || ![1, 3].contains(&inner.split('|').count()) {
            let mut why = String::new();
            let _ = write!(why, "{{{inner}}} is no value: write {{name}} or {{name|one|many}}");
            return Err(why);
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn path(text: &str) -> TokenStream {
    text.parse().unwrap_or_default()
}

fn group(delimiter: Delimiter, inner: TokenStream) -> TokenTree {
    TokenTree::Group(Group::new(delimiter, inner))
}
