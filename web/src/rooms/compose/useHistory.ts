import { useCallback, useMemo, useRef, useState } from 'react';
import type { Draft } from './model/draft';
import { beginHistory, type History, record, redo, rewrite, takeBack, undo } from './model/history';

/** A change as it was made: what it takes to take it back, whatever was done since. */
export interface Done {
  before: Draft;
  after: Draft;
}

export interface Acts {
  /** Changes the draft; this can be undone. */
  apply: (change: (draft: Draft) => Draft) => Done;
  /** Says something of the draft that no one did, such as a file that has arrived. */
  rewrite: (change: (draft: Draft) => Draft) => void;
  /** Begins anew with a draft from elsewhere. */
  begin: (draft: Draft) => void;
  undo: () => Done;
  redo: () => Done;
  takeBack: (done: Done) => Done;
}

export interface Historic extends Acts {
  draft: Draft;
  canUndo: boolean;
  canRedo: boolean;
}

/** The draft of the page with all that was done to it. */
export function useHistory(initial: Draft): Historic {
  const [history, show] = useState(() => beginHistory(initial));
  const latest = useRef(history);
  // What was said of the draft meanwhile holds for a change that is taken back later, too.
  const rewrites = useRef<((draft: Draft) => Draft)[]>([]);
  const step = useCallback((change: (history: History) => History): Done => {
    const before = latest.current.now;
    latest.current = change(latest.current);
    show(latest.current);
    return { before, after: latest.current.now };
  }, []);
  const acts = useMemo<Acts>(
    () => ({
      apply: (change) => step((now) => record(now, change(now.now), Date.now())),
      rewrite: (change) => {
        rewrites.current.push(change);
        step((now) => rewrite(now, change));
      },
      begin: (draft) => void step(() => beginHistory(draft)),
      undo: () => step(undo),
      redo: () => step(redo),
      takeBack: ({ before, after }) => {
        const known = (draft: Draft) => rewrites.current.reduce((all, change) => change(all), draft);
        return step((now) => takeBack(now, known(before), known(after), Date.now()));
      },
    }),
    [step],
  );
  return { ...acts, draft: history.now, canUndo: history.past.length > 0, canRedo: history.future.length > 0 };
}
