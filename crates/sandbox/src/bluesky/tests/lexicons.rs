//! Every call and answer of a tour through the whole network, compared with the official lexicons: what must be there
//! is there, what is there is known and of the right type.

use std::{collections::HashMap, path::PathBuf};

use serde_json::{Value, json};

use super::{
    World,
    client::{Client, FULL},
    png,
    vectors::specs,
};
use crate::{Exchange, Network, bluesky::syntax};

struct Lexicons {
    folder: PathBuf,
    read: HashMap<String, Value>,
}

impl Lexicons {
    fn document(&mut self, nsid: &str) -> &Value {
        let folder = &self.folder;
        self.read.entry(nsid.to_owned()).or_insert_with(|| {
            let path = folder.join(format!("{}.json", nsid.replace('.', "/")));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no lexicon {}", path.display()));
            serde_json::from_str(&text).expect("JSON")
        })
    }

    fn named(&mut self, name: &str) -> Value {
        let (nsid, def) = name.split_once('#').unwrap_or((name, "main"));
        let found = self.document(nsid)["defs"][def].clone();
        assert!(!found.is_null(), "no definition {name}");
        if found["type"] == "record" { found["record"].clone() } else { found }
    }

    /// Complains about the first thing that does not fit.
    fn check(&mut self, home: &str, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        let full = |name: &str| if name.starts_with('#') { format!("{home}{name}") } else { name.to_owned() };
        let wrong = |what: &str| Err(format!("{path}: {what}, got {value}"));
        match schema["type"].as_str().unwrap_or_default() {
            "object" | "params" => self.object(home, schema, value, path),
            "array" => {
                let Some(items) = value.as_array() else { return wrong("array expected") };
                if schema["maxLength"].as_u64().is_some_and(|most| items.len() as u64 > most) {
                    return wrong("too many");
                }
                items
                    .iter()
                    .enumerate()
                    .try_for_each(|(place, item)| self.check(home, &schema["items"], item, &format!("{path}[{place}]")))
            }
            "string" => match value.as_str() {
                Some(text) if fits(schema["format"].as_str(), text) => Ok(()),
                _ => wrong(&format!("string of format {} expected", schema["format"])),
            },
            "integer" if value.is_i64() || value.is_u64() => Ok(()),
            "boolean" if value.is_boolean() && (schema["const"].is_null() || schema["const"] == *value) => Ok(()),
            "ref" => {
                let name = full(schema["ref"].as_str().expect("ref"));
                let target = self.named(&name);
                let home = name.split('#').next().expect("nsid").to_owned();
                self.check(&home, &target, value, path)
            }
            "union" => {
                let Some(named) = value["$type"].as_str() else { return wrong("$type expected") };
                let known = schema["refs"].as_array().expect("refs").iter().any(|name| {
                    let name = full(name.as_str().expect("name"));
                    name == named || name == format!("{named}#main")
                });
                if !known {
                    return wrong("not a member of the union");
                }
                let target = self.named(named);
                let home = named.split('#').next().expect("nsid").to_owned();
                self.check(&home, &target, value, path)
            }
            "blob" if value["$type"] == "blob" && value["ref"]["$link"].is_string() && value["size"].is_u64() => Ok(()),
            "unknown" if value.is_object() => {
                match value["$type"].as_str().filter(|named| named.starts_with("app.bsky.")) {
                    Some(named) => {
                        let target = self.named(named);
                        self.check(named, &target, value, path)
                    }
                    None => Ok(()),
                }
            }
            other => wrong(&format!("{other} expected")),
        }
    }

    fn object(&mut self, home: &str, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        let Some(map) = value.as_object() else { return Err(format!("{path}: object expected, got {value}")) };
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !map.contains_key(required) {
                return Err(format!("{path}: {required} is missing"));
            }
        }
        for (name, value) in map.iter().filter(|(name, _)| *name != "$type") {
            let known = &schema["properties"][name];
            if known.is_null() {
                return Err(format!("{path}: {name} is not known"));
            }
            let nullable = schema["nullable"].as_array().is_some_and(|names| names.contains(&json!(name)));
            if !(value.is_null() && nullable) {
                self.check(home, known, value, &format!("{path}.{name}"))?;
            }
        }
        Ok(())
    }

    /// Checks an exchange; gives how many things were compared.
    fn exchange(&mut self, exchange: &Exchange) -> Result<usize, String> {
        let Some(nsid) = exchange.path.strip_prefix("/xrpc/") else { return Ok(0) };
        let main = self.named(nsid);
        let mut compared = 0;
        assert_eq!(exchange.method == "POST", main["type"] == "procedure", "{nsid}");
        if exchange.status != 200 {
            let answer = exchange.answer.as_ref().expect("errors are JSON");
            assert!(answer["error"].is_string() && answer["message"].is_string(), "{answer}");
            return Ok(1);
        }
        if let (Some(body), false) = (&exchange.body, main["input"]["schema"].is_null()) {
            self.check(nsid, &main["input"]["schema"], body, &format!("{nsid} input"))?;
            compared += 1;
        }
        let params = params(exchange.query.as_deref().unwrap_or_default(), &main["parameters"]);
        if !main["parameters"].is_null() {
            self.check(nsid, &main["parameters"], &params, &format!("{nsid} parameters"))?;
            compared += 1;
        }
        match (&exchange.answer, main["output"]["schema"].is_null()) {
            (Some(answer), false) => self.check(nsid, &main["output"]["schema"], answer, &format!("{nsid} output"))?,
            (None, false) => return Err(format!("{nsid}: no answer")),
            (answer, true) => assert!(answer.is_none() || main["output"]["encoding"] == "*/*", "{nsid}: {answer:?}"),
        }
        Ok(compared + 1)
    }
}

fn params(query: &str, schema: &Value) -> Value {
    let mut params = json!({});
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let known = &schema["properties"][&*name];
        match known["type"].as_str() {
            Some("array") => match params[&*name].as_array_mut() {
                Some(list) => list.push(json!(value)),
                None => params[&*name] = json!([value]),
            },
            Some("integer") => params[&*name] = json!(value.parse::<i64>().expect("number")),
            Some("boolean") => params[&*name] = json!(value == "true"),
            _ => params[&*name] = json!(value),
        }
    }
    params
}

fn fits(format: Option<&str>, text: &str) -> bool {
    match format {
        None => true,
        Some("datetime") => syntax::is_datetime(text),
        Some("at-uri") => syntax::is_at_uri(text),
        Some("cid") => syntax::is_cid(text),
        Some("did") => syntax::is_did(text),
        Some("handle") => syntax::is_handle(text),
        Some("at-identifier") => syntax::is_at_identifier(text),
        Some("nsid") => syntax::is_nsid(text),
        Some("record-key") => syntax::is_record_key(text),
        Some("tid") => syntax::is_tid(text),
        Some("language") => syntax::is_language(text),
        Some("uri") => syntax::is_uri(text),
        Some(other) => panic!("unknown format {other}"),
    }
}

/// Uses every method once, most of them with everything they can carry.
async fn tour(world: &World) {
    let (lena, north) = (world.sign_in("lena.test").await, world.sign_in("northwind.test").await);
    let up = lena.upload("image/png", png(5)).await.ok()["blob"].clone();
    let ratio = json!({"width": 3, "height": 2});
    let first = lena.publish(lena.post_record("root")).await;
    let embeds = [
        json!({"$type": "app.bsky.embed.images", "images": [{"alt": "x", "image": up, "aspectRatio": ratio}, {"alt": "", "image": up}]}),
        json!({"$type": "app.bsky.embed.gallery", "items": [{"$type": "app.bsky.embed.gallery#image", "alt": "x", "image": up, "aspectRatio": ratio}]}),
        json!({"$type": "app.bsky.embed.external", "external": {"uri": "https://ex.am", "title": "t", "description": "d", "thumb": up}}),
        json!({"$type": "app.bsky.embed.record", "record": first}),
        json!({"$type": "app.bsky.embed.recordWithMedia", "record": {"$type": "app.bsky.embed.record", "record": first},
            "media": {"$type": "app.bsky.embed.images", "images": [{"alt": "x", "image": up}]}}),
    ];
    for embed in embeds {
        let mut record = north.post_record("with #tag");
        if embed.to_string().contains("blob") {
            north.upload("image/png", png(5)).await.ok();
        }
        record["embed"] = embed;
        record["langs"] = json!(["en"]);
        record["tags"] = json!(["more"]);
        record["reply"] = json!({"root": first, "parent": first});
        record["labels"] = json!({"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "nudity"}]});
        record["facets"] = json!([{"index": {"byteStart": 5, "byteEnd": 9}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "tag"}]}]);
        north.publish(record).await;
    }
    let film = north.upload("video/mp4", b"\0\0\0\x18ftypisom".to_vec()).await.ok()["blob"].clone();
    let mut moving = north.post_record("moving");
    moving["embed"] = json!({"$type": "app.bsky.embed.video", "video": film, "alt": "x", "aspectRatio": ratio});
    north.publish(moving).await;
    north.publish(json!({"$type": "app.bsky.feed.like", "subject": first, "createdAt": "2030-01-02T09:30:00Z"})).await;
    let repost = north
        .publish(json!({"$type": "app.bsky.feed.repost", "subject": first, "createdAt": "2030-01-02T09:30:00Z"}))
        .await;
    north
        .publish(json!({"$type": "app.bsky.graph.follow", "subject": lena.did, "createdAt": "2030-01-02T09:30:00Z"}))
        .await;
    let (uri, rkey) =
        (first["uri"].as_str().expect("uri"), first["uri"].as_str().expect("uri").rsplit('/').next().expect("rkey"));
    let gate = json!({"$type": "app.bsky.feed.threadgate", "post": uri, "createdAt": "2030-01-02T09:30:00Z", "allow": [{"$type": "app.bsky.feed.threadgate#followerRule"}]});
    lena.put(rkey, &gate).await.ok();
    lena.put(rkey, &json!({"$type": "app.bsky.feed.postgate", "post": uri, "createdAt": "2030-01-02T09:30:00Z", "embeddingRules": []})).await.ok();
    lena.put_profile(json!({"$type": "app.bsky.actor.profile", "displayName": "Lena", "avatar": up})).await.ok();
    let apply = "com.atproto.repo.applyWrites";
    lena.post(
        "com.atproto.repo.createRecord",
        &json!({"repo": lena.did, "collection": "app.bsky.feed.post", "record": lena.post_record("made")}),
    )
    .await
    .ok();
    let key = world.tid();
    let write = |verb: &str| json!({"$type": format!("{apply}#{verb}"), "collection": "app.bsky.feed.post", "rkey": key, "value": lena.post_record(verb)});
    lena.post(apply, &json!({"repo": lena.did, "writes": [write("create"), write("update")]})).await.ok();
    lena.post(apply, &json!({"repo": lena.did, "writes": [{"$type": format!("{apply}#delete"), "collection": "app.bsky.feed.post", "rkey": key}]})).await.ok();
    north.post("com.atproto.repo.deleteRecord", &json!({"repo": north.did, "collection": "app.bsky.feed.repost", "rkey": repost["uri"].as_str().expect("uri").rsplit('/').next()})).await.ok();
    reads(world, &lena, uri, rkey).await;
    let made = json!({"handle": "tourist.test", "email": "t@example.test", "password": "long enough"});
    let made = world.send(world.http.post(world.url("/xrpc/com.atproto.server.createAccount")).json(&made)).await.ok();
    let tourist = super::Person::of(world, made);
    tourist.post("com.atproto.server.createAppPassword", &json!({"name": "tour"})).await.ok();
    lena.post("app.bsky.notification.updateSeen", &json!({"seenAt": "2030-01-02T10:00:00Z"})).await;
    let refresh = world
        .send(world.http.post(world.url("/xrpc/com.atproto.server.refreshSession")).bearer_auth(&lena.refresh))
        .await
        .ok();
    let delete = world
        .http
        .post(world.url("/xrpc/com.atproto.server.deleteSession"))
        .bearer_auth(refresh["refreshJwt"].as_str().expect("token"));
    assert_eq!(world.send(delete).await.status, 200);
    videos(world).await;
    let client = Client::public(world, FULL);
    let tokens = client.sign_in("harbour-bakery.test").await;
    client.get(&tokens.access, "com.atproto.server.getSession", &[]).await.ok();
}

async fn reads(world: &World, lena: &super::Person<'_>, uri: &str, rkey: &str) {
    let post = [("repo", "lena.test"), ("collection", "app.bsky.feed.post")];
    world.query("com.atproto.repo.getRecord", &[post[0], post[1], ("rkey", rkey)]).await.ok();
    world.query("com.atproto.repo.getRecord", &[post[0], post[1], ("rkey", "3jzfcijpj2z2a")]).await;
    world.query("com.atproto.repo.listRecords", &[post[0], post[1], ("limit", "1"), ("reverse", "true")]).await.ok();
    world.query("com.atproto.repo.describeRepo", &[post[0]]).await.ok();
    world.query("com.atproto.server.describeServer", &[]).await.ok();
    world.query("com.atproto.identity.resolveHandle", &[("handle", "lena.test")]).await.ok();
    world.query("com.atproto.identity.resolveDid", &[("did", &lena.did)]).await.ok();
    world.query("com.atproto.identity.resolveIdentity", &[("identifier", "northwind.test")]).await.ok();
    let blobs = world.query("com.atproto.sync.listBlobs", &[("did", &lena.did)]).await.ok();
    let cid = blobs["cids"][0].as_str().expect("a blob that the profile uses");
    assert_eq!(world.query("com.atproto.sync.getBlob", &[("did", &lena.did), ("cid", cid)]).await.status, 200);
    world.query("app.bsky.feed.getPosts", &[("uris", uri), ("uris", uri)]).await.ok();
    for actor in ["lena.test", "northwind.test"] {
        world.query("app.bsky.feed.getAuthorFeed", &[("actor", actor), ("limit", "100")]).await.ok();
        world.query("app.bsky.actor.getProfile", &[("actor", actor)]).await.ok();
    }
    world.query("app.bsky.feed.getPostThread", &[("uri", uri), ("depth", "3")]).await.ok();
    for method in ["getLikes", "getRepostedBy", "getQuotes"] {
        world.query(&format!("app.bsky.feed.{method}"), &[("uri", uri)]).await.ok();
    }
    lena.get("app.bsky.notification.listNotifications", &[("limit", "2"), ("reasons", "reply"), ("reasons", "like")])
        .await
        .ok();
    lena.get("app.bsky.notification.getUnreadCount", &[]).await.ok();
    lena.get("com.atproto.server.getSession", &[]).await.ok();
}

async fn videos(world: &World) {
    let lena = world.sign_in("lena.test").await;
    let own = world.get("/.well-known/did.json").await.ok()["id"].as_str().expect("id").to_owned();
    let token = async |aud: &str, lxm: &str| {
        let answer = lena.get("com.atproto.server.getServiceAuth", &[("aud", aud), ("lxm", lxm)]).await.ok();
        answer["token"].as_str().expect("token").to_owned()
    };
    let may = token("did:web:video.bsky.app", "app.bsky.video.getUploadLimits").await;
    world.send(world.http.get(world.url("/xrpc/app.bsky.video.getUploadLimits")).bearer_auth(may)).await.ok();
    let may = token(&own, "com.atproto.repo.uploadBlob").await;
    // The lexicon names no parameters, the service takes two; so the address is not compared.
    let upload = world.http.post(world.url(&format!("/xrpc/app.bsky.video.uploadVideo?did={}&name=a.mp4", lena.did)));
    let job = world
        .send(upload.bearer_auth(may).header("content-type", "video/mp4").body(b"\0\0\0\x18ftypmp42".to_vec()))
        .await
        .ok();
    world.later(2);
    world
        .query("app.bsky.video.getJobStatus", &[("jobId", job["jobStatus"]["jobId"].as_str().expect("id"))])
        .await
        .ok();
}

#[tokio::test]
async fn every_call_and_answer_of_a_tour_follows_the_official_lexicons() {
    let Some(folder) = specs("atproto-lexicons") else { return };
    let world = World::with(|options| options.record = true).await;
    tour(&world).await;
    let mut lexicons = Lexicons { folder, read: HashMap::new() };
    let exchanges = world.sandbox.traffic().of(Network::Bluesky);
    let mut compared = 0;
    let mut methods = std::collections::BTreeSet::new();
    for exchange in &exchanges {
        compared += lexicons.exchange(exchange).unwrap_or_else(|wrong| panic!("{wrong}\nin {exchange:#?}"));
        methods.extend(exchange.path.strip_prefix("/xrpc/").map(str::to_owned));
    }
    #[expect(clippy::print_stderr, reason = "the count shows that the test tested something")]
    {
        eprintln!("{compared} inputs, parameters and outputs of {} methods compared with the lexicons", methods.len());
    }
    assert!(compared >= 100 && methods.len() >= 34, "{compared} of {methods:?}");
}

#[test]
fn our_own_limits_are_those_of_the_official_lexicons() {
    use crate::bluesky::shapes::{self, Format, Shape};
    fn compare(lexicons: &mut Lexicons, name: &str, compared: &mut usize) {
        let official = lexicons.named(name);
        let fields = shapes::object(name).unwrap_or_else(|| panic!("{name} is not known here"));
        let properties = official["properties"].as_object().expect("properties").clone();
        let mut ours: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let mut theirs: Vec<&str> = properties.keys().map(String::as_str).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{name}");
        for field in fields {
            let schema = &properties[field.name];
            let required = official["required"].as_array().is_some_and(|names| names.contains(&json!(field.name)));
            assert_eq!(field.required, required, "{name}.{}", field.name);
            same(&field.shape, schema, &format!("{name}.{}", field.name));
            *compared += 1;
        }
    }
    fn same(shape: &Shape, schema: &Value, path: &str) {
        let number = |name: &str| schema[name].as_u64().unwrap_or(0);
        match shape {
            Shape::Text { bytes, graphemes, format } => {
                assert_eq!(schema["type"], "string", "{path}");
                assert_eq!((*bytes as u64, *graphemes as u64), (number("maxLength"), number("maxGraphemes")), "{path}");
                assert_eq!(*format == Format::Free, schema["format"].is_null(), "{path}");
            }
            Shape::Int(least) => {
                assert_eq!((*least as u64, &schema["type"]), (number("minimum"), &json!("integer")), "{path}")
            }
            Shape::Blob(accept, most) => {
                assert_eq!((json!(accept), *most), (schema["accept"].clone(), number("maxSize")), "{path}")
            }
            Shape::List(each, most) => {
                assert_eq!((*most as u64, &schema["type"]), (number("maxLength"), &json!("array")), "{path}");
                same(each, &schema["items"], path);
            }
            Shape::OneOf(names) => assert_eq!(names.len(), schema["refs"].as_array().expect("refs").len(), "{path}"),
            Shape::Ref(name) => assert!(name.ends_with(schema["ref"].as_str().expect("ref")), "{path}"),
            Shape::Any | Shape::Bool | Shape::TextOrNull(_) => {}
        }
    }
    let Some(folder) = specs("atproto-lexicons") else { return };
    let mut lexicons = Lexicons { folder, read: HashMap::new() };
    let mut compared = 0;
    for name in [
        shapes::POST,
        shapes::THREADGATE,
        shapes::POSTGATE,
        shapes::LIKE,
        shapes::REPOST,
        shapes::FOLLOW,
        shapes::PROFILE,
        "app.bsky.feed.post#replyRef",
        "app.bsky.feed.threadgate#listRule",
        "com.atproto.repo.strongRef",
        "com.atproto.label.defs#selfLabels",
        "com.atproto.label.defs#selfLabel",
        "app.bsky.embed.defs#aspectRatio",
        "app.bsky.richtext.facet",
        "app.bsky.richtext.facet#byteSlice",
        "app.bsky.richtext.facet#mention",
        "app.bsky.richtext.facet#link",
        "app.bsky.richtext.facet#tag",
        "app.bsky.embed.images",
        "app.bsky.embed.images#image",
        "app.bsky.embed.gallery",
        "app.bsky.embed.gallery#image",
        "app.bsky.embed.video",
        "app.bsky.embed.video#caption",
        "app.bsky.embed.external",
        "app.bsky.embed.external#external",
        "app.bsky.embed.record",
        "app.bsky.embed.recordWithMedia",
    ] {
        compare(&mut lexicons, name, &mut compared);
    }
    #[expect(clippy::print_stderr, reason = "the count shows that the test tested something")]
    {
        eprintln!("{compared} fields compared");
    }
    assert!(compared > 60);
}
