import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Database, newDatabase } from './database';

/** The program under test: `FANFARE_BIN`, or what `cargo build -p server` makes. */
function program(): string {
  const path = process.env.FANFARE_BIN ?? resolve(import.meta.dirname, '../../../target/debug/fanfare');
  if (!existsSync(path)) throw new Error(`${path} is missing; build it with \`cargo build -p server\``);
  return path;
}

/** How long a start may take; the demo plays back a month of posts first. */
const START_MS = 90_000;

/** A running program with its own data folder, which is deleted when it stops. */
export interface Server {
  address: string;
  stop: () => Promise<void>;
}

/** An installation with the sandbox platforms beside it, and an account. */
export interface Demo extends Server {
  email: string;
  password: string;
  /** The sign-in link from the terminal. */
  link: string;
  /** The control page of the sandbox platforms. */
  sandbox: string;
}

/** An installation without an owner. */
export interface Fresh extends Server {
  ownerLink: string;
}

/**
 * The past month is played back once per worker, which takes ten seconds, and copied from `month` for every demo, with its
 * ports. On PostgreSQL the calendar has no past posts, because the server's clock can't be set back.
 */
export async function startDemo(server: string | undefined, month: string): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'fanfare-demo-'));
  if (!server) {
    if (!existsSync(month)) {
      const lived = await start(['demo', '--data', folder, '--any-ports'], {}, folder, /Ctrl-C/);
      await lived.stop(month);
    }
    await cp(month, folder, { recursive: true });
  }
  const database = server ? await newDatabase(server) : undefined;
  const where = database ? ['--database', database.address] : [];
  const said = await start(['demo', '--data', folder, '--any-ports', ...where], {}, folder, /Ctrl-C/, database);
  const [, email = '', password = ''] = found(said.text, /sign in as (\S+) with the password (\S+)/);
  const sandbox = address(said.text, /sandbox platforms: (http:\/\/\S+)/);
  const [, link = ''] = found(said.text, /ready: (http:\/\/\S+)/);
  return { ...said, address: new URL(link).origin, link, email, password, sandbox };
}

export async function startFresh(server?: string): Promise<Fresh> {
  const folder = await mkdtemp(join(tmpdir(), 'fanfare-fresh-'));
  const database = server ? await newDatabase(server) : undefined;
  const where: Record<string, string> = database ? { FANFARE_DATABASE: database.address } : {};
  const around = { FANFARE_LISTEN: '127.0.0.1:0', FANFARE_DATA: folder, ...where };
  const said = await start(['serve'], around, folder, /\/setup#\S+\s/, database);
  const [ownerLink = ''] = found(said.text, /http:\/\/\S+\/setup#\S+/);
  return { ...said, address: address(said.text, /listens on (http:\/\/\S+)/), ownerLink };
}

function found(text: string, what: RegExp): RegExpExecArray {
  const match = what.exec(text);
  if (!match) throw new Error(`the program did not say ${what}:\n${text}`);
  return match;
}

function address(text: string, what: RegExp): string {
  return new URL(found(text, what)[1] ?? '').origin;
}

async function start(
  args: string[],
  around: Record<string, string>,
  folder: string,
  ready: RegExp,
  database?: Database,
): Promise<{ text: string; stop: (keep?: string) => Promise<void> }> {
  const child = spawn(program(), args, {
    cwd: folder,
    env: { ...surroundings(), ...around },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async (keep?: string) => {
    await end(child);
    await database?.drop();
    if (keep) await cp(folder, keep, { recursive: true });
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { text: await said(child, ready), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The environment without Fanfare's settings and this machine's zone, so that tests use the defaults. */
function surroundings(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith('FANFARE_'));
  return { ...Object.fromEntries(ours), TZ: 'UTC' };
}

/** Collects the program's output until it is ready. */
function said(child: ChildProcess, ready: RegExp): Promise<string> {
  return new Promise((done, fail) => {
    let text = '';
    let log = '';
    const timer = setTimeout(() => fail(new Error(`not ready after ${START_MS} ms:\n${text}\n${log}`)), START_MS);
    child.stdout?.on('data', (chunk) => {
      text += String(chunk);
      if (!ready.test(text)) return;
      clearTimeout(timer);
      done(text);
    });
    child.stderr?.on('data', (chunk) => {
      log += String(chunk);
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      fail(new Error(`it ended with ${code}:\n${text}\n${log}`));
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((done) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    child.on('exit', () => {
      clearTimeout(timer);
      done();
    });
    child.kill('SIGTERM');
  });
}
