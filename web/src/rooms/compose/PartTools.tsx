import { lazy, Suspense, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '@/design/Button';
import { DialogTrigger, Popover } from '@/design/Dialog';
import { Menu, MenuItem, MenuTrigger } from '@/design/Menu';
import { Skeleton } from '@/design/Skeleton';
import { useComposing, useSpeakers } from './context';
import { inserted } from './emoji/emoji';
import { focusIn, focusText, textId } from './focus';
import { FromAddress } from './media/FromAddress';
import { Library } from './media/Library';
import { type Part, splitPart, updatePart } from './model/parts';
import { beginPoll } from './PollFields';

const EmojiPicker = lazy(() => import('./emoji/EmojiPicker').then((file) => ({ default: file.EmojiPicker })));

/** What can be put into a part. What none of its channels has is not offered. */
export function PartTools({ part, onFiles }: { part: Part; onFiles: (files: File[]) => void }) {
  const { t } = useTranslation('compose');
  const { change } = useComposing();
  const limits = useSpeakers().map((channel) => channel.limits);
  const picker = useRef<HTMLInputElement>(null);
  const [isOpen, setOpen] = useState<'library' | 'address'>();
  const [isEmoji, setEmoji] = useState(false);
  const mayPoll = limits.length === 0 || limits.some((one) => one?.poll);
  const mayQuote = limits.length === 0 || limits.some((one) => one?.quote);
  const put = (given: Partial<Part>) => change((parts) => updatePart(parts, part.key, given));
  const addMedia = (added: Part['media']) => put({ media: [...part.media, ...added] });
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
        data-part={part.key}
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
                const field = document.getElementById(textId(part.key));
                const [start, end] =
                  field instanceof HTMLTextAreaElement
                    ? [field.selectionStart, field.selectionEnd]
                    : [part.text.length, part.text.length];
                const { text, at } = inserted(part.text, sign, start, end);
                setEmoji(false);
                put({ text });
                focusText(part.key, at);
              }}
            />
          </Suspense>
        </Popover>
      </DialogTrigger>
      {mayPoll && !part.poll && (
        <IconButton
          icon="poll"
          label={t('tools.poll')}
          onPress={() => {
            put({ poll: beginPoll(limits.find((one) => one?.poll)?.poll ?? undefined) });
            focusIn(`poll-${part.key}`);
          }}
        />
      )}
      {mayQuote && part.quote === undefined && (
        <IconButton
          icon="quote"
          label={t('tools.quote')}
          onPress={() => {
            put({ quote: '' });
            focusIn(`quote-${part.key}`);
          }}
        />
      )}
      <IconButton
        icon="split"
        label={t('tools.split')}
        onPress={() => {
          const field = document.getElementById(textId(part.key));
          const at = field instanceof HTMLTextAreaElement ? field.selectionStart : part.text.length;
          change((parts) => splitPart(parts, part.key, at));
          focusText(part.key, at);
        }}
      />
      {isOpen === 'library' && <Library onAdd={addMedia} onClose={() => setOpen(undefined)} />}
      {isOpen === 'address' && <FromAddress onAdd={addMedia} onClose={() => setOpen(undefined)} />}
    </div>
  );
}
