import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import { useProblemWords } from '@/design/ErrorState';
import { toast } from '@/design/Toast';
import { type Entry, keyOf, type Stuck, stuck } from './model/entries';
import type { Local, Wall } from './model/wall';
import { momentWords } from './model/words';
import { type Destination, destination, movedTo, moveEntry, origin, type Reach } from './move';

export interface Moving {
  entry: Entry;
  local: Local;
}

const WHY = {
  draft: 'stuck.draft',
  recurs: 'stuck.recurs',
  onItsWay: 'stuck.onItsWay',
  needsEyes: 'stuck.needsEyes',
  failed: 'stuck.failed',
  published: 'stuck.published',
  cancelled: 'stuck.cancelled',
  deleted: 'stuck.deleted',
} as const satisfies Record<Stuck, string>;

/** Why an entry stays where it is, in words. */
export function useStuckWords() {
  const { t } = useTranslation('calendar');
  return useCallback((why: Stuck) => t(WHY[why]), [t]);
}

/** Moving posts: what is being moved, where it would go, and going there. */
export function useMoving(wall: Wall, locale: string, mayMove: boolean, landed: (key: string) => void) {
  const { t } = useTranslation('calendar');
  const words = useProblemWords();
  const say = useStuckWords();
  const [moving, setMoving] = useState<Moving>();
  /** An occurrence of a series that has a new place, until it is said how much of the series goes along. */
  const [asked, setAsked] = useState<Moving>();

  /** Says why not, or that it can. */
  function refuse(entry: Entry): boolean {
    const why = stuck(entry);
    if (mayMove && !why) return false;
    toast({ kind: 'info', title: t('stays'), detail: why ? say(why) : t('stuck.role') });
    return true;
  }

  function begin(entry: Entry): void {
    if (!refuse(entry)) setMoving({ entry, local: entry.local });
  }

  /** Whether it went: a time that has passed is refused before anything is asked. */
  function go(entry: Entry, local: Local): boolean {
    const { at } = wall.instant(local);
    if (at === entry.at) return true;
    if (at <= Date.now()) {
      toast({ kind: 'info', title: t('passed.title'), detail: t('passed.detail') });
      return false;
    }
    if (entry.series) setAsked({ entry, local: wall.local(at) });
    else void carryOut(entry, destination(at, wall), true);
    return true;
  }

  /** It is said how much of the series goes along. */
  function goWith(reach: Reach): void {
    if (asked) void carryOut(asked.entry, destination(wall.instant(asked.local).at, wall), reach === 'one', reach);
    setAsked(undefined);
  }

  async function carryOut(entry: Entry, to: Destination, canUndo: boolean, reach?: Reach): Promise<void> {
    const back = origin(entry);
    const done = moveEntry(entry, to, reach);
    landed(keyOf(entry.post, to.at));
    try {
      await done;
      const undo = { label: t('undo'), onPress: () => void carryOut(movedTo(entry, to), back, false) };
      toast({
        alike: 'moved',
        title: t('moved', { when: momentWords(locale, wall.local(to.at)) }),
        ...(canUndo && back.at > Date.now() ? { action: undo } : {}),
      });
    } catch (error) {
      const { title, detail, remedy } = words(asProblem(error));
      toast({ kind: 'failed', title: t('notMoved'), detail: [title, detail || remedy].join('. ') });
    }
  }

  return { moving, setMoving, begin, refuse, go, asked, goWith, giveUp: () => setAsked(undefined) };
}
