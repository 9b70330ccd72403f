import { useTranslation } from 'react-i18next';
import type { MediaBody } from '@/api/schema';
import { toast } from '@/design/Toast';
import { useComposing } from './context';
import { focusIn, focusText } from './focus';
import { changeParts, type Draft, partsOf, targetOf, type Whose } from './model/draft';
import type { Fix, Told } from './model/issues';
import { addAfter, emptyPart, type Part, spread, updatePart } from './model/parts';
import { shorten, thread } from './model/text';
import { useNames } from './names';
import type { Placed } from './useFound';
import { fitting } from './useReadings';

/** Does what helps against an issue: for the channels that have it, and only for them. */
export function useFixing(): (issue: Told & Placed, fix: Fix) => Promise<void> {
  const { t } = useTranslation('compose');
  const { draft, assets, apply, offerUndo, show, whose, describe: openAlt } = useComposing();
  const nameOf = useNames();
  return async (issue, fix) => {
    const { part: key, file } = issue;
    if (fix.kind === 'option') {
      show(issue.channel);
      return focusOption(issue.channel, fix.option);
    }
    if (!key) return;
    if (fix.kind === 'alt') return file ? openAlt(file) : undefined;
    if (fix.kind === 'write') return focusText(key);
    if (fix.kind === 'poll') return focusIn(`poll-${key}`);
    const list = [issue, ...issue.also];
    const whom = (one: Placed): Whose => (draft.targets.length === 1 ? whose : one.channel);
    let texts: string[][];
    try {
      texts = await Promise.all(list.map((one) => textsFor(draft, one.channel, key, fix)));
    } catch {
      return void toast({ kind: 'failed', title: t('fix.failed') });
    }
    const mend = (before: Draft) =>
      list.reduce<Draft>(
        (now, one, place) =>
          changeParts(now, whom(one), (parts) => mended(parts, key, file, fix, { texts: texts[place] ?? [], assets })),
        before,
      );
    const done = apply(mend);
    if (draft.targets.length > 1) show(issue.channel);
    const names = list.map(({ channel }) => nameOf(channel)).join(', ');
    offerUndo(done, t('fix.done', { names }));
  };
}

/** What becomes of a text that is too long, as the channel's platform counts: one shorter text, or those of a thread. */
async function textsFor(draft: Draft, channel: string, key: string, fix: Fix): Promise<string[]> {
  const text = partsOf(draft, channel).find((part) => part.key === key)?.text;
  if (text === undefined || (fix.kind !== 'shorten' && fix.kind !== 'thread')) return [];
  const fits = (words: string) => fitting(channel, targetOf(draft, channel)?.options ?? {}, words);
  if (fix.kind === 'thread') return thread(text, fits);
  const room = await fits(text);
  return [room === undefined ? text : shorten(text, room)];
}

export function optionId(channel: Whose, option: string): string {
  return `option-${channel}-${option}`;
}

/** Goes to an option by its path, or to what it is a part of. */
export function focusOption(channel: Whose, path: string): void {
  const steps = path.split('/');
  focusIn(...steps.map((_, place) => optionId(channel, steps.slice(0, steps.length - place).join('/'))));
}

interface Facts {
  /** What is to stand in the place of a text that is too long. */
  texts: string[];
  assets: Map<string, MediaBody>;
}

/** The parts of one channel without the issue. Pure. */
export function mended(parts: Part[], key: string, file: string | undefined, fix: Fix, facts: Facts): Part[] {
  const part = parts.find((one) => one.key === key);
  if (!part) return parts;
  switch (fix.kind) {
    case 'shorten':
    case 'thread':
      return facts.texts.length > 0 ? spread(parts, key, facts.texts) : parts;
    case 'fewer-files':
      return updatePart(parts, key, { media: part.media.slice(0, fix.from) });
    case 'files-next':
      return filesNext(parts, part, facts.assets);
    case 'drop-file':
      return updatePart(parts, key, { media: part.media.filter((one) => one.key !== file) });
    case 'drop':
      return parts.map((one) => (one.key === key ? without(one, fix.field) : one));
    default:
      return parts;
  }
}

function without(part: Part, field: 'poll' | 'quote'): Part {
  const { [field]: _, ...rest } = part;
  return rest;
}

/** Files of another kind than the first one go on in a part of their own. */
function filesNext(parts: Part[], part: Part, assets: Map<string, MediaBody>): Part[] {
  const isVideo = (file: Part['media'][number]) => assets.get(file.id ?? '')?.kind === 'video';
  const [first] = part.media;
  if (!first) return parts;
  const stays = part.media.filter((one) => isVideo(one) === isVideo(first));
  const goes = part.media.filter((one) => !stays.includes(one));
  if (goes.length === 0) return parts;
  return addAfter(updatePart(parts, part.key, { media: stays }), part.key, { ...emptyPart(), media: goes });
}
