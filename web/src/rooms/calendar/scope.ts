import { createContext, useContext } from 'react';
import type { ChannelBody } from '@/api/schema';
import type { Asked } from './More';
import type { Entry } from './model/entries';
import type { Range } from './model/range';
import type { FreeSlot } from './model/slots';
import type { ClockChange, Wall } from './model/wall';

/** What every piece of the calendar knows, so that a cell is given only its day. */
export interface CalendarScope {
  range: Range;
  wall: Wall;
  locale: string;
  today: number;
  /** Monday or Sunday, as `Date` counts. */
  startsOn: number;
  channels: ReadonlyMap<string, ChannelBody>;
  /** Drawings of the platforms by their ids. */
  icons: ReadonlyMap<string, string>;
  entries: ReadonlyMap<number, Entry[]>;
  slots: ReadonlyMap<number, FreeSlot[]>;
  changes: readonly ClockChange[];
  /** The post that is being moved, shown where it would go. */
  movingKey: string | undefined;
  /** The key that is dragged, and the day it is over. */
  dragging: { key: string; day: number | undefined } | undefined;
  /** Posts that have just changed. */
  fresh: ReadonlySet<string>;
  mayWrite: boolean;
  /** `Lena Vos (lena.test, Bluesky)`: two channels of one name are told apart. */
  nameOf: (channel: ChannelBody) => string;
  /** What the maker of a post is called. */
  author: (id: string) => string;
  /** What an entry is called by those who cannot see its signs. */
  label: (entry: Entry) => string;
  look: (entry: Entry, from: HTMLElement) => void;
  lookAt: (asked: Asked) => void;
  goTo: (day: number, view?: Range['view']) => void;
  /** Begins a post: on a day, or at a time of it. */
  write: (day: number, minute?: number) => void;
}

const Scope = createContext<CalendarScope | undefined>(undefined);
export const CalendarScopeProvider = Scope.Provider;

export function useScope(): CalendarScope {
  const scope = useContext(Scope);
  if (!scope) throw new Error('a piece of the calendar stands outside it');
  return scope;
}
