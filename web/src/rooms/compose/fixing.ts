import { useTranslation } from 'react-i18next';
import type { MediaBody } from '@/api/schema';
import { useComposing } from './context';
import { focusIn, focusText } from './focus';
import { changeParts, type Draft, restored, type Whose } from './model/draft';
import type { Fix, Told } from './model/issues';
import { addAfter, emptyPart, type Part, spread, updatePart } from './model/parts';
import { measure, shorten, thread } from './model/text';
import { undoable } from './undoable';
import type { Placed } from './useFound';

/** Does what helps against an issue: for the channels that have it, and only for them. */
export function useFixing(): (issue: Told & Placed, fix: Fix) => void {
  const { t } = useTranslation('compose');
  const { draft, channels, assets, apply, show, whose, describe: openAlt } = useComposing();
  const unitOf = (channel: string) => channels.find(({ id }) => id === channel)?.limits?.text.unit ?? 'characters';
  return (issue, fix) => {
    const { part: key, file } = issue;
    if (fix.kind === 'option') {
      show(issue.channel);
      return focusIn(optionId(issue.channel, fix.option));
    }
    if (!key) return;
    if (fix.kind === 'alt') return file ? openAlt(file) : undefined;
    if (fix.kind === 'write') return focusText(key);
    if (fix.kind === 'poll') return focusIn(`poll-${key}`);
    const list = [issue, ...issue.also];
    const whom = (one: Placed): Whose => (draft.targets.length === 1 ? whose : one.channel);
    const mended = list.reduce<Draft>((before, one) => {
      const at = whom(one);
      const over = (issue.issue.actual ?? 0) - (issue.issue.limit ?? 0);
      return changeParts(before, at, (parts) =>
        mend(parts, key, file, fix, { over, unit: unitOf(one.channel), assets }),
      );
    }, draft);
    apply(() => mended);
    if (draft.targets.length > 1) show(issue.channel);
    const names = list.map(({ channelName }) => channelName).join(', ');
    const back = () => apply((now) => restored(now, draft, list.map(whom)));
    undoable(t('fix.done', { names }), { label: t('undo'), onPress: back });
  };
}

export function optionId(channel: Whose, option: string): string {
  return `option-${channel}-${option}`;
}

interface Facts {
  /** How much is too much, as the server counts. */
  over: number;
  unit: string;
  assets: Map<string, MediaBody>;
}

/** The parts of one channel without the issue. Pure. */
export function mend(parts: Part[], key: string, file: string | undefined, fix: Fix, facts: Facts): Part[] {
  const part = parts.find((one) => one.key === key);
  if (!part) return parts;
  // The server's count may differ from ours, so it is told by how much ours must shrink.
  const room = Math.max(1, measure(part.text, facts.unit) - facts.over);
  switch (fix.kind) {
    case 'shorten':
      return updatePart(parts, key, { text: shorten(part.text, facts.unit, room) });
    case 'thread':
      return spread(parts, key, thread(part.text, facts.unit, Math.min(room, fix.max)));
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
