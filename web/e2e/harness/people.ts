import type { APIRequestContext, Browser, BrowserContext, Page } from '@playwright/test';
import type { Demo } from './server';
import { expect, signIn } from './test';

/** People and workspaces of a test's own, so that tests do not see what others do. */
export const PASSWORD = 'quay lantern rhubarb seven';

export interface Person {
  name: string;
  email: string;
  /** Their only workspace. */
  workspace: string;
}

let count = 0;

/** A name that no other test of this run has. */
function own(word: string): string {
  count += 1;
  return `${word}-${process.pid}-${Date.now().toString(36)}-${count}`;
}

async function made<T>(answer: Awaited<ReturnType<APIRequestContext['post']>>): Promise<T> {
  expect(answer.ok(), `${answer.url()} ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

/** A workspace of the demo's owner, where nothing is yet. The page works in it from now on. */
export async function ownWorkspace(page: Page, demo: Demo): Promise<string> {
  await signIn(page, demo);
  const { id } = await made<{ id: string }>(
    await page.request.post('/v1/workspaces', { data: { name: own('Workspace'), zone: 'Europe/Amsterdam' } }),
  );
  await page.addInitScript((chosen) => {
    if (location.protocol.startsWith('http')) localStorage.setItem('fanfare.workspace', chosen);
  }, id);
  return id;
}

/** Somebody new with this role in a workspace of their own, signed in on the page. */
export async function newPerson(page: Page, demo: Demo, role = 'owner'): Promise<Person> {
  await signIn(page, demo);
  const person = { name: own('Sam'), email: `${own('sam')}@example.org` };
  const data = { name: own('Workspace'), zone: 'Europe/Amsterdam' };
  const { id: workspace } = await made<{ id: string }>(await page.request.post('/v1/workspaces', { data }));
  const headers = { 'fanfare-workspace': workspace };
  const invited = await page.request.post('/v1/members', { data: { email: person.email, role }, headers });
  const { link } = await made<{ link: string }>(invited);
  await page.context().clearCookies();
  await accept(page.request, link, person.name);
  return { ...person, workspace };
}

/** Accepts an invitation as somebody new; the context is signed in as them then. */
export async function accept(request: APIRequestContext, link: string, name: string): Promise<void> {
  const token = new URL(link).hash.slice(1);
  const data = { token, name, password: PASSWORD, zone: 'Europe/Amsterdam', language: 'en' };
  await made(await request.post('/v1/invitations/accept', { data }));
}

/** Another browser, with nobody signed in. */
export async function elsewhere(browser: Browser, page: Page): Promise<BrowserContext> {
  const { origin } = new URL(page.url());
  return browser.newContext({ baseURL: origin, viewport: page.viewportSize(), locale: 'en-GB' });
}
