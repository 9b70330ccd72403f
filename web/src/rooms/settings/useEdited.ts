import { useState } from 'react';
import type { WorkspaceBody } from '@/api/schema';

/** A workspace as it was read, with its tag. */
export interface Read {
  data: WorkspaceBody;
  etag: string;
}

/** What can be changed of it. */
interface Said {
  name: string;
  zone: string;
  language: string;
}

const saidIn = ({ name, zone, language }: WorkspaceBody): Said => ({ name, zone, language: language.slice(0, 2) });

/**
 * What is typed, and what it began from. The workspace is read again whenever the page is come back to; what someone has
 * begun to change stays as it is then, and is compared by the server when it is saved.
 */
export function useEdited(found: Read) {
  const [from, setFrom] = useState(found);
  const [seen, setSeen] = useState(found);
  const [said, say] = useState(saidIn(found.data));
  function take(fresh: Read) {
    setFrom(fresh);
    say(saidIn(fresh.data));
  }
  const before = saidIn(from.data);
  const isTouched = said.name !== before.name || said.zone !== before.zone || said.language !== before.language;
  if (found !== seen) {
    setSeen(found);
    if (!isTouched) take(found);
  }
  return { said, etag: from.etag, take, change: (part: Partial<Said>) => say({ ...said, ...part }) };
}
