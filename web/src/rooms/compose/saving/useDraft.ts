import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import type { PostBody } from '@/api/schema';
import { useLiveEvent } from '@/app/live';
import { isOnline, onOnlineChange } from '@/app/online';
import type { Draft } from '../model/draft';
import { carryOn, takeOver } from '../outbox';
import { type Historic, useHistory } from '../useHistory';
import { forget, handOver, keep } from './backup';
import { Saver, type Store } from './saver';
import { storeOf } from './store';

interface Around {
  workspace: string;
  /** The stored post; none while it is new. */
  post: PostBody | undefined;
  initial: Draft;
  isByItself: boolean;
  /** It has got an id. */
  onMade: (id: string) => void;
  /** Someone else changed it, and nothing was typed here. */
  onMet: () => void;
}

export interface Drafting extends Historic {
  saver: Saver;
}

/** The draft of the page, stored as it changes and kept in the browser until it is. */
export function useDraft({ workspace, post, initial, isByItself, onMade, onMet }: Around): Drafting {
  const history = useHistory(initial);
  const { draft, begin } = history;
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  const [store] = useState(() => storeOf(workspace));
  const [saver] = useState(() => new Saver(store, initial, post, isByItself, redraw));
  const id = saver.stored?.id;
  const keptAs = useRef(post?.id);
  useEffect(() => {
    if (id && id !== keptAs.current) {
      forget(workspace, keptAs.current);
      keptAs.current = id;
      onMade(id);
    }
  }, [id, workspace, onMade]);
  useEffect(() => {
    saver.take(draft);
    if (!saver.isChanged) return;
    const revision = saver.stored?.revision;
    keep(workspace, saver.stored?.id, { draft, at: Date.now(), ...(revision === undefined ? {} : { revision }) });
  }, [draft, saver, workspace]);
  useEffect(() => {
    if (!saver.isChanged && saver.state.kind !== 'saving') forget(workspace, saver.stored?.id);
  });
  useEffect(() => {
    takeOver('draft', workspace, keptAs.current);
    const stop = onOnlineChange(() => isOnline() && saver.resume());
    return () => {
      stop();
      if (isByItself && saver.isChanged) void leave(workspace, keptAs.current, saver);
      else saver.close();
    };
  }, [saver, isByItself, workspace]);
  useOthers(store, saver, begin, onMet);
  return { ...history, saver };
}

/** The page is left: stores what was typed, now or once there is a connection. */
async function leave(workspace: string, post: string | undefined, saver: Saver): Promise<void> {
  await handOver(workspace, post, saver.flush());
  saver.close();
  if (saver.isChanged && !isOnline()) carryOn('draft', workspace, post, () => leave(workspace, post, saver));
}

/** What someone else stores meanwhile is shown at once, unless something was typed here. */
function useOthers(store: Store, saver: Saver, begin: (draft: Draft) => void, onMet: () => void): void {
  useLiveEvent(
    'post.changed',
    useCallback(
      (event) => {
        if (event.object !== saver.stored?.id || saver.state.kind === 'saving') return;
        void store
          .read(event.object)
          .then((theirs) => {
            const met = saver.meet(theirs);
            if (!met) return;
            begin(met);
            onMet();
          })
          .catch(() => {});
      },
      [store, saver, begin, onMet],
    ),
  );
}
