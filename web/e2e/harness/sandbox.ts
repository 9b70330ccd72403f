import type { APIRequestContext } from '@playwright/test';
import type { Demo } from './server';
import { expect } from './test';

/** The address of a sandbox platform. */
export async function network(request: APIRequestContext, demo: Demo, name: string): Promise<string> {
  const all = (await (await request.get(`${demo.sandbox}/networks`)).json()) as { network: string; origin: string }[];
  return all.find((one) => one.network === name)?.origin ?? '';
}

/** Posts on X as lena, as with another app, and returns the post's URL. */
export async function postByHand(request: APIRequestContext, demo: Demo, text: string): Promise<string> {
  const { origin: x } = new URL(await network(request, demo, 'x'));
  const app = { client_id: 'c2FuZGJveC1wdWJsaWM6MTpjaQ', redirect_uri: 'http://127.0.0.1:9/' };
  const verifier = 'a-verifier-of-more-than-forty-three-characters';
  const asked = { response_type: 'code', scope: 'tweet.read tweet.write users.read', state: 'by-hand' };
  const challenge = { code_challenge: verifier, code_challenge_method: 'plain' };
  const form = { ...app, ...asked, ...challenge, account: 'lena', decision: 'allow' };
  const back = await request.post(`${x}/i/oauth2/authorize`, { form, maxRedirects: 0 });
  const code = new URL(back.headers().location ?? '').searchParams.get('code') ?? '';
  const given = { ...app, grant_type: 'authorization_code', code, code_verifier: verifier };
  const { access_token } = (await (await request.post(`${x}/2/oauth2/token`, { form: given })).json()) as {
    access_token: string;
  };
  const headers = { authorization: `Bearer ${access_token}` };
  const posted = await request.post(`${x}/2/tweets`, { headers, data: { text } });
  expect(posted.status(), await posted.text()).toBe(201);
  const { data } = (await posted.json()) as { data: { id: string } };
  return `${x}/lena/status/${data.id}`;
}
