import { useQueries } from '@tanstack/react-query';
import { type KeyboardEvent, type RefObject, useEffect, useId, useLayoutEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { ChannelBody, Suggestion } from '@/api/schema';
import { cx } from '@/design/cx';
import { FLOAT, ROW } from '@/design/float';
import { PlatformIcon } from '@/design/PlatformIcon';
import { useComposing, useSpeakers } from './context';
import { focusText } from './focus';
import { mentionAt, mentioned, type Typed } from './model/mention';

/** After so long without a key the networks are asked. */
const PAUSE_MS = 250;
/** The list is at most so wide. */
const WIDTH_PX = 288;

interface Found extends Suggestion {
  platform: string;
}

/** Suggests accounts while `@…` is typed in a text field. Nothing is chosen until an arrow key is pressed: typing continues. */
export function useMentions(part: string, text: string, onChange: (text: string) => void) {
  const { t } = useTranslation('compose');
  const id = useId();
  const [typed, setTyped] = useState<Typed>();
  const [active, setActive] = useState(-1);
  const found = useFound(useSettled(typed?.words));
  const shown = typed ? found : [];
  const isOpen = shown.length > 0;
  const optionId = (place: number) => `${id}-${place}`;

  const close = () => {
    setTyped(undefined);
    setActive(-1);
  };
  function look(field: HTMLTextAreaElement): void {
    setTyped(field.selectionStart === field.selectionEnd ? mentionAt(field.value, field.selectionStart) : undefined);
    setActive(-1);
  }
  function pick(one: Found): void {
    if (!typed) return;
    const { text: after, caret } = mentioned(text, typed, one.handle);
    close();
    onChange(after);
    focusText(part, caret);
  }
  /** Whether the key was for the list. */
  function press(event: KeyboardEvent): boolean {
    if (!isOpen || event.altKey || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing) return false;
    const chosen = shown[active];
    if (event.key === 'ArrowDown') setActive((active + 1) % shown.length);
    else if (event.key === 'ArrowUp' && active >= 0) setActive(active - 1);
    else if (event.key === 'Escape') close();
    else if (chosen && (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey))) pick(chosen);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
  return {
    look,
    press,
    close,
    /** For the text field: a field of several lines is no combobox by its role, but has the same relations. */
    field: {
      'aria-autocomplete': 'list' as const,
      'aria-haspopup': 'listbox' as const,
      'aria-controls': isOpen ? id : undefined,
      'aria-activedescendant': active >= 0 && isOpen ? optionId(active) : undefined,
    },
    /** The list, under the letters that `mirror` shows in the place of the field's. */
    list: (mirror: RefObject<HTMLElement | null>) => (
      <>
        <span role="status" className="sr-only">
          {isOpen && active < 0 && t('mention.found', { count: shown.length })}
        </span>
        {isOpen && typed && (
          <List
            id={id}
            found={shown}
            active={active}
            optionId={optionId}
            onPick={pick}
            mirror={mirror}
            from={typed.from}
          />
        )}
      </>
    ),
  };
}

interface ListProps {
  id: string;
  found: Found[];
  active: number;
  optionId: (place: number) => string;
  onPick: (one: Found) => void;
  mirror: RefObject<HTMLElement | null>;
  from: number;
}

function List({ id, found, active, optionId, onPick, mirror, from }: ListProps) {
  const { t } = useTranslation('compose');
  const { platforms } = useComposing();
  const [place, setPlace] = useState({ left: 0, top: 0 });
  useLayoutEffect(() => {
    if (mirror.current) setPlace(under(mirror.current, from));
  }, [mirror, from]);
  return (
    // The keyboard stays in the text field, which names the active option.
    <div
      id={id}
      role="listbox"
      aria-label={t('mention.list')}
      className={cx(FLOAT, 'absolute z-20 max-h-64 w-72 max-w-full overflow-y-auto p-1')}
      style={place}
    >
      {found.map((one, at) => {
        const network = platforms.find((platform) => platform.id === one.platform)?.name ?? one.platform;
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: as above.
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the text field.
          <div
            key={`${one.platform} ${one.handle}`}
            id={optionId(at)}
            role="option"
            aria-selected={at === active}
            ref={at === active ? (row) => row?.scrollIntoView?.({ block: 'nearest' }) : undefined}
            // The field keeps the keyboard.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onPick(one)}
            title={`@${one.handle} (${network})`}
            className={cx(ROW, 'hover:bg-hover', at === active && 'bg-hover outline-2 -outline-offset-2 outline-focus')}
          >
            <PlatformIcon platform={one.platform} className="size-4 text-quiet" />
            <span className="flex min-w-0 flex-1 flex-col">
              <span className="truncate font-medium">{one.name || one.handle}</span>
              <span className="truncate text-small text-quiet">@{one.handle}</span>
            </span>
            <span className="shrink-0 text-small text-quiet">{network}</span>
          </div>
        );
      })}
    </div>
  );
}

/** What was typed, once no key came for a moment. */
function useSettled(words: string | undefined): string | undefined {
  const [settled, settle] = useState(words);
  useEffect(() => {
    const timer = setTimeout(() => settle(words), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [words]);
  return words === undefined ? undefined : settled;
}

/** The accounts that the networks of the page's channels know; one channel of each network is asked. */
function useFound(words: string | undefined): Found[] {
  const { platforms } = useComposing();
  const speakers = useSpeakers();
  const asked = speakers.filter(
    ({ platform }, place) =>
      speakers.findIndex((other) => other.platform === platform) === place &&
      platforms.some(({ id, suggests_mentions }) => id === platform && suggests_mentions),
  );
  return useQueries({
    queries: asked.map((channel) => ({
      queryKey: ['mentions', channel.id, words],
      queryFn: ({ signal }: { signal: AbortSignal }) => suggested(channel, words ?? '', signal),
      enabled: words !== undefined,
      staleTime: 60_000,
      // Suggestions are a help: what cannot be asked now is not asked again, and no one is told.
      retry: false,
      // While the next answer is on its way, the one for the shorter name stays.
      placeholderData: (before: Found[] | undefined, query?: { queryKey: readonly unknown[] }) => {
        const shorter = query?.queryKey[2];
        return typeof shorter === 'string' && words?.startsWith(shorter) ? before : undefined;
      },
    })),
    combine: (answers) => answers.flatMap(({ data }) => data ?? []),
  });
}

async function suggested(channel: ChannelBody, words: string, signal: AbortSignal): Promise<Found[]> {
  const { data } = await api.GET('/v1/channels/{channel}/mentions', {
    params: { path: { channel: channel.id }, query: { q: words } },
    signal,
  });
  return (data?.items ?? []).map((one) => ({ ...one, platform: channel.platform }));
}

/** The place just under the letter at `offset`, within the field. */
function under(mirror: HTMLElement, offset: number): { left: number; top: number } {
  const walker = document.createTreeWalker(mirror, NodeFilter.SHOW_TEXT);
  let left = offset;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0;
    if (left >= length) {
      left -= length;
      continue;
    }
    const range = document.createRange();
    range.setStart(node, left);
    range.setEnd(node, left + 1);
    const [letter, field] = [range.getBoundingClientRect(), mirror.getBoundingClientRect()];
    const room = Math.max(0, field.width - WIDTH_PX);
    return { left: Math.min(letter.left - field.left, room), top: letter.bottom - field.top + 4 };
  }
  return { left: 0, top: mirror.offsetHeight };
}
