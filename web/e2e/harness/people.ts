import type { APIRequestContext, Browser, BrowserContext, Page } from '@playwright/test';
import type { Demo } from './server';
import { expect, signIn } from './test';

/** People and workspaces for one test, so that tests don't see each other's. */
export const PASSWORD = 'quay lantern rhubarb seven';

export interface Person {
  name: string;
  email: string;
  /** Their only workspace. */
  workspace: string;
}

let count = 0;

/** A name unique in this run. */
function own(word: string): string {
  count += 1;
  return `${word}-${process.pid}-${Date.now().toString(36)}-${count}`;
}

async function made<T>(answer: Awaited<ReturnType<APIRequestContext['post']>>): Promise<T> {
  expect(answer.ok(), `${answer.url()} ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

/** An empty workspace of the demo's owner, selected on the page. */
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

/** A new person with this role in a new workspace, signed in on the page. */
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

/** Accepts an invitation as a new person, who is then signed in in this context. */
export async function accept(request: APIRequestContext, link: string, name: string): Promise<void> {
  const token = new URL(link).hash.slice(1);
  const data = { token, name, password: PASSWORD, zone: 'Europe/Amsterdam', language: 'en' };
  await made(await request.post('/v1/invitations/accept', { data }));
}

/** Another browser without a session. */
export async function elsewhere(browser: Browser, page: Page): Promise<BrowserContext> {
  const { origin } = new URL(page.url());
  return browser.newContext({ baseURL: origin, viewport: page.viewportSize(), locale: 'en-GB' });
}
