import { newKey } from '@/api/client';
import type { ChannelTarget, PartContent, PostBody, ReadTexts } from '@/api/schema';
import { emptyPart, type FileRef, isEmpty, optional, type Part } from './parts';

/**
 * What is being written, as the page has it. `undefined` for a channel means the text that all channels share; a channel
 * follows it until it has parts of its own. Pure: every function gives a new draft.
 */
export interface Draft {
  parts: Part[];
  targets: Target[];
  /** Channels that were chosen and taken away again, with what they said: choosing one again brings it back. */
  aside: Target[];
}

export interface Target {
  channel: string;
  own?: Part[];
  options: Options;
}

export type Options = Record<string, unknown>;

/** Whose text: a channel's, or `undefined` for the shared one. */
export type Whose = string | undefined;

export function emptyDraft(channels: string[] = []): Draft {
  return { parts: [emptyPart()], targets: channels.map((channel) => ({ channel, options: {} })), aside: [] };
}

export function targetOf(draft: Draft, channel: Whose): Target | undefined {
  return draft.targets.find((target) => target.channel === channel);
}

export function partsOf(draft: Draft, whose: Whose): Part[] {
  return targetOf(draft, whose)?.own ?? draft.parts;
}

function withTarget(draft: Draft, channel: string, change: (target: Target) => Target): Draft {
  return {
    ...draft,
    targets: draft.targets.map((target) => (target.channel === channel ? change(target) : target)),
  };
}

/** Changes parts. A channel that followed the shared text has its own from now on. */
export function changeParts(draft: Draft, whose: Whose, change: (parts: Part[]) => Part[]): Draft {
  const parts = beginsWithPost(change(partsOf(draft, whose)));
  if (whose === undefined) return { ...draft, parts };
  return withTarget(draft, whose, (target) => ({ ...target, own: parts }));
}

/** The first part is the post itself; only what comes after it can be a comment. */
function beginsWithPost(parts: Part[]): Part[] {
  const [first, ...rest] = parts.length > 0 ? parts : [emptyPart()];
  return first ? [first.kind === 'post' ? first : { ...first, kind: 'post' }, ...rest] : [];
}

export function followAgain(draft: Draft, channel: string): Draft {
  return withTarget(draft, channel, ({ own: _, ...target }) => target);
}

export function setOptions(draft: Draft, channel: string, options: Options): Draft {
  return withTarget(draft, channel, (target) => ({ ...target, options }));
}

/** Chooses channels, in this order. What a channel said before is kept for when it is chosen again. */
export function chooseChannels(draft: Draft, channels: string[]): Draft {
  const known = [...draft.targets, ...draft.aside];
  const targets = channels.map(
    (channel) => known.find((target) => target.channel === channel) ?? { channel, options: {} },
  );
  return { ...draft, targets, aside: known.filter(({ channel }) => !channels.includes(channel)) };
}

/* Files */

/** Gives a file that has arrived its id, wherever it is used. */
export function arrived(draft: Draft, fileKey: string, id: string): Draft {
  return eachFile(draft, (file) => (file.key === fileKey ? { ...file, id } : file));
}

/** Takes a file away wherever it is used, such as an upload that was given up. */
export function dropFile(draft: Draft, fileKey: string): Draft {
  return eachFile(draft, (file) => (file.key === fileKey ? undefined : file));
}

function eachFile(draft: Draft, change: (file: FileRef) => FileRef | undefined): Draft {
  const inParts = (parts: Part[]) =>
    parts.map((part) => ({ ...part, media: part.media.map(change).filter((file) => file !== undefined) }));
  const inTarget = (target: Target) => (target.own ? { ...target, own: inParts(target.own) } : target);
  return { parts: inParts(draft.parts), targets: draft.targets.map(inTarget), aside: draft.aside.map(inTarget) };
}

export function filesOf(draft: Draft): FileRef[] {
  return [draft.parts, ...draft.targets.map((target) => target.own ?? [])].flat().flatMap((part) => part.media);
}

/* To the API and back */

function content(part: Part): PartContent {
  const media = part.media.flatMap(({ id, alt }) => (id ? [{ id, ...optional('alt', alt) }] : []));
  return {
    kind: part.kind,
    text: part.text,
    ...(media.length > 0 ? { media } : {}),
    ...optional('poll', part.poll),
    ...optional('quote', part.quote || undefined),
  };
}

/** Parts as they are sent: without empty ones, which the API refuses and which are only the room for the next words. */
function sentParts(parts: Part[]): Part[] {
  return parts.filter((part) => !isEmpty(part));
}

export interface Body {
  parts: PartContent[];
  channels: ChannelTarget[];
}

/**
 * What is stored and judged; `undefined` as long as someone would say nothing. If all channels have words of their own
 * the shared text may be empty: the first one's then stands for it.
 */
export function bodyOf(draft: Draft): Body | undefined {
  const owns = draft.targets.flatMap((target) => (target.own ? [sentParts(target.own)] : []));
  const shared = sentParts(draft.parts);
  const parts = shared.length > 0 || owns.length < draft.targets.length ? shared : (owns[0] ?? []);
  if (!says(parts) || owns.some((own) => !says(own))) return undefined;
  const channels = draft.targets.map(({ channel, own, options }) => ({
    channel,
    options,
    ...(own ? { parts: sentParts(own).map(content) } : {}),
  }));
  return { parts: parts.map(content), channels };
}

/** Whether something can be sent: a part whose only file is still on its way says nothing yet. */
function says(parts: Part[]): boolean {
  return parts.length > 0 && parts.every((part) => !isEmpty({ ...part, media: part.media.filter(({ id }) => id) }));
}

function read(parts: PartContent[]): Part[] {
  return parts.map(({ kind, text, media, poll, quote }) => ({
    key: newKey(),
    kind: kind ?? 'post',
    text: text ?? '',
    media: (media ?? []).map(({ id, alt }) => ({ key: newKey(), id, ...optional('alt', alt ?? undefined) })),
    ...optional('poll', poll ?? undefined),
    ...optional('quote', quote ?? undefined),
  }));
}

export function draftOf(post: Pick<PostBody, 'parts' | 'variants'>): Draft {
  const targets = post.variants.map(({ channel, own, parts, options }) => ({
    channel,
    options,
    ...(own ? { own: read(parts) } : {}),
  }));
  return { parts: beginsWithPost(read(post.parts)), targets, aside: [] };
}

const prints = new WeakMap<Draft, string>();

/**
 * A text by which two drafts are compared: the same for both if they say the same everywhere, sendable or not. A draft is
 * never changed, so it is printed once, however many ask: several do at each key.
 */
export function printOf(draft: Draft): string {
  const known = prints.get(draft);
  if (known !== undefined) return known;
  const print = printed(draft);
  prints.set(draft, print);
  return print;
}

function printed(draft: Draft): string {
  const said = (parts: Part[]) => sentParts(parts).map(content);
  const targets = draft.targets.map(({ channel, own, options }) => ({
    channel,
    options,
    ...(own && { parts: said(own) }),
  }));
  return printOfBody({ parts: said(draft.parts), channels: targets });
}

/** The same of what is sent. Neither the order of channels nor that of options makes a difference. */
export function printOfBody({ parts, channels }: Body): string {
  const targets = channels
    .map(({ channel, options, parts: own }) => ({ channel, options: Object.entries(options ?? {}).sort(), own }))
    .sort((one, other) => one.channel.localeCompare(other.channel));
  return JSON.stringify({ parts, targets });
}

/** What channels are asked about: each that says something, with all its words. */
export function judgedBody(draft: Draft): { channels: ChannelTarget[]; parts: Record<string, Part[]> } {
  const parts = Object.fromEntries(
    draft.targets.map(({ channel }) => [channel, arrivedParts(partsOf(draft, channel))] as const),
  );
  const channels = draft.targets.flatMap(({ channel, options }) => {
    const said = parts[channel] ?? [];
    return said.length > 0 ? [{ channel, options, parts: said.map(content) }] : [];
  });
  return { channels, parts };
}

/** What platforms read while someone writes: every part as it stands, without its files; and whose is which. */
export function readingBody(draft: Draft): { body: ReadTexts; keys: Record<string, Part[]> } {
  const words = (parts: Part[]) => parts.map((part) => content({ ...part, media: [] }));
  const channels = draft.targets.map(({ channel, own, options }) => ({
    channel,
    options,
    ...(own ? { parts: words(own) } : {}),
  }));
  const keys = Object.fromEntries(draft.targets.map(({ channel, own }) => [channel, own ?? draft.parts]));
  return { body: { parts: words(draft.parts), channels }, keys };
}

/** Parts without files that are still on their way, and without those that would then be empty. */
function arrivedParts(parts: Part[]): Part[] {
  return sentParts(parts.map((part) => ({ ...part, media: part.media.filter(({ id }) => id) })));
}
