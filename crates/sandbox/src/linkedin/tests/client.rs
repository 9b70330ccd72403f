//! A foreign client: `linkedin-api-client` from PyPI, LinkedIn's own (in beta). It encodes keys, lists and records, names the
//! methods of the protocol and reads the answers as the network's own people expect them.

use super::*;
use crate::test_kit::foreign_client;

/// The variable with the Python that has it; `cargo xtask test` installs it.
const PYTHON: &str = "FANFARE_TEST_LINKEDIN_CLIENT";

/// Prints what came of each step as one JSON object.
const SCRIPT: &str = r#"
import json, sys
import linkedin_api.common.constants as constants
from linkedin_api.clients.auth.client import AuthClient
from linkedin_api.clients.restli.client import RestliClient

def main(base, app, secret, back, code, me, page):
    constants.OAUTH_BASE_URL = base + "oauth/v2"
    constants.NON_VERSIONED_BASE_URL = base + "v2"
    constants.VERSIONED_BASE_URL = base + "rest"
    out = {}
    auth = AuthClient(client_id=app, client_secret=secret, redirect_url=back)
    given = auth.exchange_auth_code_for_access_token(code)
    out["given"] = [given.status_code, given.expires_in, given.refresh_token_expires_in]
    token = auth.exchange_refresh_token_for_access_token(given.refresh_token).access_token
    seen = auth.introspect_access_token(token)
    out["seen"] = [seen.active, seen.status, seen.auth_type]
    client = RestliClient()
    rest = {"access_token": token, "version_string": "202607"}
    out["me"] = client.get(resource_path="/userinfo", access_token=token).entity["sub"]
    roles = client.finder(resource_path="/organizationAcls", finder_name="roleAssignee",
                          query_params={"state": "APPROVED"}, **rest)
    out["roles"] = [[one["organization"], one["role"]] for one in roles.elements] + [roles.paging.total]
    names = client.batch_get(resource_path="/organizations", ids=[40001, 7], **rest)
    out["names"] = {key: one["localizedName"] for key, one in names.results.items()}
    def body(author, text, **more):
        return {"author": author, "commentary": text, "visibility": "PUBLIC", "lifecycleState": "PUBLISHED",
                "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [],
                                 "thirdPartyDistributionChannels": []}, **more}
    first = client.create(resource_path="/posts", entity=body(page, "From a foreign client"), **rest)
    out["first"] = [first.status_code, first.entity is None]
    one = first.decoded_entity_id
    out["get"] = client.get(resource_path="/posts/{id}", path_keys={"id": one}, **rest).entity["commentary"]
    change = client.partial_update(resource_path="/posts/{id}", path_keys={"id": one},
                                   patch_set_object={"commentary": "Changed"}, **rest)
    out["changed"] = change.status_code
    listed = client.finder(resource_path="/posts", finder_name="author",
                           query_params={"author": page, "count": 5, "sortBy": "CREATED"}, **rest)
    out["listed"] = [[post["id"] == one, post["commentary"]] for post in listed.elements]
    batch = client.batch_get(resource_path="/posts", ids=[one], **rest)
    out["batch"] = list(batch.results) == [one]
    upload = client.action(resource_path="/images", action_name="initializeUpload",
                           action_params={"initializeUploadRequest": {"owner": page}}, **rest)
    out["upload"] = sorted(upload.value)
    comment = client.create(resource_path="/socialActions/{id}/comments", path_keys={"id": one},
                            entity={"actor": page, "message": {"text": "Hi"}}, **rest)
    out["comment"] = [comment.status_code, comment.entity["message"]["text"]]
    gone = client.delete(resource_path="/socialActions/{id}/comments/{comment}",
                         path_keys={"id": one, "comment": comment.decoded_entity_id},
                         query_params={"actor": page}, **rest)
    again = client.create(resource_path="/posts", entity=body(page, "From a foreign client"), **rest)
    deleted = client.delete(resource_path="/posts/{id}", path_keys={"id": one}, **rest)
    out["codes"] = [gone.status_code, again.status_code, deleted.status_code]
    old = client.finder(resource_path="/organizationAcls", finder_name="roleAssignee", access_token=token,
                        version_string="202504")
    out["old"] = old.status_code
    print(json.dumps(out))

main(*sys.argv[1:])
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn linkedin_s_own_client_signs_in_publishes_reads_changes_and_deletes() {
    let place = Place::start().await;
    let code = sent_to(&place.decide(PARTNER, PARTNER_SCOPES, "lena", "allow").await)["code"].clone();
    let args = [&*place.url(""), PARTNER.id, PARTNER.secret, BACK, &code, LENA, BAKERY];
    let Some(out) = foreign_client(PYTHON, "linkedin-api-client", SCRIPT, &args).await else { return };
    assert_eq!(out["given"], json!([200, 5_184_000, 31_536_000]));
    assert_eq!((&out["seen"], &out["me"]), (&json!([true, "active", "3L"]), &json!("8pLenaVos3")));
    let roles = json!([[BAKERY, "ADMINISTRATOR"], ["urn:li:organization:40002", "ANALYST"], 2]);
    assert_eq!((&out["roles"], &out["names"]), (&roles, &json!({ "40001": "Harbour Bakery" })));
    assert_eq!((&out["first"], &out["get"]), (&json!([201, true]), &json!("From a foreign client")));
    assert_eq!((&out["changed"], &out["listed"]), (&json!(204), &json!([[true, "Changed"]])));
    assert_eq!((&out["batch"], &out["upload"]), (&json!(true), &json!(["image", "uploadUrl", "uploadUrlExpiresAt"])));
    assert_eq!((&out["comment"], &out["codes"]), (&json!([201, "Hi"]), &json!([204, 422, 204])));
    assert_eq!(out["old"], 426);
    use Action::{Created, Deleted, Edited};
    let actions: Vec<Action> = place.ledger().iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [Created, Edited, Created, Deleted, Deleted]);
}
