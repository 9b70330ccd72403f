import { lazy, memo, Suspense, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '@/design/Button';
import { DialogTrigger, Popover } from '@/design/Dialog';
import { Menu, MenuItem, MenuTrigger } from '@/design/Menu';
import { Skeleton } from '@/design/Skeleton';
import { type Composing, useComposing, useSpeakers } from './context';
import { inserted } from './emoji/emoji';
import { focusIn, focusText, textId } from './focus';
import { FromAddress } from './media/FromAddress';
import { Library } from './media/Library';
import { type Part, splitPart, updatePart } from './model/parts';
import { beginPoll } from './PollFields';
import { useSame } from './useSame';
import { useStable } from './useStable';

const EmojiPicker = lazy(() => import('./emoji/EmojiPicker').then((file) => ({ default: file.EmojiPicker })));

type Limits = NonNullable<ReturnType<typeof useSpeakers>[number]['limits']>;

/** What can be put into a part. What none of its channels has is not offered. */
export function PartTools({ part, onFiles }: { part: Part; onFiles: (files: File[]) => void }) {
  const { change } = useComposing();
  const limits = useSpeakers().map((channel) => channel.limits);
  const poll = useSame(limits.find((one) => one?.poll)?.poll ?? undefined);
  return (
    <Tools
      part={part.key}
      poll={poll}
      mayPoll={!part.poll && (limits.length === 0 || poll !== undefined)}
      mayQuote={part.quote === undefined && (limits.length === 0 || limits.some((one) => one?.quote))}
      change={change}
      onFiles={useStable(onFiles)}
    />
  );
}

interface Props {
  /** By its key. */
  part: string;
  poll: Limits['poll'];
  mayPoll: boolean;
  mayQuote: boolean;
  change: Composing['change'];
  onFiles: (files: File[]) => void;
}

/** Nothing here depends on the words, so it is not drawn again at each key. */
const Tools = memo(function Tools({ part, poll, mayPoll, mayQuote, change, onFiles }: Props) {
  const { t } = useTranslation('compose');
  const picker = useRef<HTMLInputElement>(null);
  const [isOpen, setOpen] = useState<'library' | 'address'>();
  const [isEmoji, setEmoji] = useState(false);
  const put = (given: Partial<Part>) => change((parts) => updatePart(parts, part, given));
  const addMedia = (added: Part['media']) =>
    change((parts) => parts.map((one) => (one.key === part ? { ...one, media: [...one.media, ...added] } : one)));
  return (
    <div className="flex items-center">
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-hidden="true"
        tabIndex={-1}
        accept="image/*,video/*"
        data-part={part}
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          target.value = '';
        }}
      />
      <MenuTrigger>
        <IconButton icon="image" label={t('tools.media')} />
        <Menu
          onAction={(way) => {
            if (way === 'files') picker.current?.click();
            else setOpen(way as 'library' | 'address');
          }}
        >
          <MenuItem id="files" icon="upload">
            {t('tools.files')}
          </MenuItem>
          <MenuItem id="library" icon="archive">
            {t('tools.library')}
          </MenuItem>
          <MenuItem id="address" icon="link">
            {t('tools.address')}
          </MenuItem>
        </Menu>
      </MenuTrigger>
      <DialogTrigger isOpen={isEmoji} onOpenChange={setEmoji}>
        <IconButton icon="smile" label={t('tools.emoji')} />
        <Popover label={t('tools.emoji')}>
          <Suspense fallback={<Skeleton rows={4} />}>
            <EmojiPicker
              onPick={(sign) => {
                const field = fieldOf(part);
                setEmoji(false);
                if (!field) return;
                const { text, at } = inserted(field.value, sign, field.selectionStart, field.selectionEnd);
                put({ text });
                focusText(part, at);
              }}
            />
          </Suspense>
        </Popover>
      </DialogTrigger>
      {mayPoll && (
        <IconButton
          icon="poll"
          label={t('tools.poll')}
          onPress={() => {
            put({ poll: beginPoll(poll ?? undefined) });
            focusIn(`poll-${part}`);
          }}
        />
      )}
      {mayQuote && (
        <IconButton
          icon="quote"
          label={t('tools.quote')}
          onPress={() => {
            put({ quote: '' });
            focusIn(`quote-${part}`);
          }}
        />
      )}
      <IconButton
        icon="split"
        label={t('tools.split')}
        onPress={() => {
          const field = fieldOf(part);
          if (!field) return;
          const at = field.selectionStart;
          change((parts) => splitPart(parts, part, at));
          focusText(part, at);
        }}
      />
      {isOpen === 'library' && <Library onAdd={addMedia} onClose={() => setOpen(undefined)} />}
      {isOpen === 'address' && <FromAddress onAdd={addMedia} onClose={() => setOpen(undefined)} />}
    </div>
  );
});

/** The text field of a part. */
function fieldOf(part: string): HTMLTextAreaElement | undefined {
  const field = document.getElementById(textId(part));
  return field instanceof HTMLTextAreaElement ? field : undefined;
}
