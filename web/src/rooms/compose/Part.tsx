import { type DragEvent, type KeyboardEvent, memo, useState } from 'react';
import type { PressEvent } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Badge } from '@/design/Badge';
import { Button, IconButton } from '@/design/Button';
import { cx } from '@/design/cx';
import { Counts } from './Counts';
import { type Composing, useComposing } from './context';
import { focusText, textId } from './focus';
import { IssueList } from './Issues';
import { MediaStrip } from './media/MediaStrip';
import { partsOf } from './model/draft';
import {
  addAfter,
  emptyPart,
  isEmpty,
  mergeUp,
  movePart,
  type Part as PartOf,
  removePart,
  splitPart,
  updatePart,
} from './model/parts';
import { PartText } from './PartText';
import { PartTools } from './PartTools';
import { PollFields } from './PollFields';
import { QuoteField } from './QuoteField';

/** One post of a thread, or a comment: its words, files, poll and quote, with what the channels say about it. */
export function Part({ part, place, count }: { part: PartOf; place: number; count: number }) {
  const { t } = useTranslation('compose');
  const { change, uploads } = useComposing();
  const [isOver, setOver] = useState(false);
  const countsId = `counts-${part.key}`;
  const label = t(`part.${part.kind}`, { place: place + 1, count });
  const addFiles = (files: File[]) => {
    const media = files.map((file) => ({ key: uploads.add(file) }));
    change((parts) => updatePart(parts, part.key, { media: [...part.media, ...media] }));
  };
  function drop(event: DragEvent) {
    setOver(false);
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    addFiles([...event.dataTransfer.files]);
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset of every browser has a shape of its own.
    <div
      role="group"
      aria-label={label}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={cx(
        'relative flex flex-col rounded-card border bg-surface transition-colors focus-within:border-edge',
        isOver ? 'border-brass bg-brass-tint' : 'border-line',
      )}
    >
      {count > 1 && <Head part={part} place={place} count={count} />}
      <PartText
        id={textId(part.key)}
        value={part.text}
        onChange={(text) => change((parts) => updatePart(parts, part.key, { text }))}
        onKeyDown={useKeys(part, place)}
        onFiles={addFiles}
        label={count > 1 ? t('text.of', { part: label }) : t('text.label')}
        placeholder={t(place === 0 ? 'text.placeholder' : part.kind === 'comment' ? 'text.comment' : 'text.next')}
        part={part.key}
        describedBy={countsId}
        isLarge={place === 0}
      />
      <MediaStrip part={part} />
      {part.poll && <PollFields part={part} poll={part.poll} />}
      {part.quote !== undefined && <QuoteField part={part} />}
      <IssueList part={part} />
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-2 pt-1 pb-2">
        <PartTools part={part} onFiles={addFiles} />
        <Counts part={part.key} id={countsId} />
      </div>
    </div>
  );
}

/** Keys of the text field: split, merge and move parts without leaving it. */
function useKeys(part: PartOf, place: number): (event: KeyboardEvent<HTMLTextAreaElement>) => void {
  const { change, draft, whose } = useComposing();
  return (event) => {
    const { key, altKey, ctrlKey, metaKey, shiftKey, currentTarget: field } = event;
    const parts = partsOf(draft, whose);
    const at = field.selectionStart;
    const isCaret = at === field.selectionEnd;
    if (key === 'Enter' && (ctrlKey || metaKey) && shiftKey) {
      event.preventDefault();
      change((all) => splitPart(all, part.key, at));
      focusNext(place + 1);
    } else if ((key === 'ArrowUp' || key === 'ArrowDown') && altKey) {
      event.preventDefault();
      change((all) => movePart(all, part.key, key === 'ArrowUp' ? -1 : 1));
      focusText(part.key, at);
    } else if (key === 'Backspace' && isCaret && at === 0 && place > 0) {
      event.preventDefault();
      const above = parts[place - 1];
      change((all) => (isEmpty(part) ? removePart(all, part.key) : mergeUp(all, part.key)));
      if (above) focusText(above.key, above.text.length);
    }
  };
}

/** The part at a place gets the keyboard, once it is there. */
function focusNext(place: number): void {
  requestAnimationFrame(() => {
    document.querySelectorAll<HTMLElement>('textarea[id^="part-"]')[place]?.focus();
  });
}

function Head({ part, place, count }: { part: PartOf; place: number; count: number }) {
  const { t } = useTranslation('compose');
  const { draft, whose, change, offerUndo } = useComposing();
  const place1 = place + 1;
  function remove({ pointerType }: PressEvent) {
    const parts = partsOf(draft, whose);
    const done = change((all) => removePart(all, part.key));
    if (!isEmpty(part)) offerUndo(done, t('part.removed', { place: place1 }));
    // The button that had the keyboard is gone with its part.
    const next = parts[place + 1] ?? parts[place - 1];
    if (next && (pointerType === 'keyboard' || pointerType === 'virtual')) focusText(next.key);
  }
  return (
    <header className="flex items-center gap-1 border-b border-line py-1 pr-1 pl-4">
      <Badge tone={part.kind === 'comment' ? 'partly' : 'muted'} icon={part.kind === 'comment' ? 'comment' : 'list'}>
        {t(`part.${part.kind}Badge`, { place: place1, count })}
      </Badge>
      <span className="flex-1" />
      <IconButton
        small
        icon="chevron-up"
        label={t('part.up', { place: place1 })}
        isDisabled={place === 0}
        onPress={() => change((parts) => movePart(parts, part.key, -1))}
      />
      <IconButton
        small
        icon="chevron-down"
        label={t('part.down', { place: place1 })}
        isDisabled={place === count - 1}
        onPress={() => change((parts) => movePart(parts, part.key, 1))}
      />
      <IconButton
        small
        icon="merge"
        label={t('part.merge', { place: place1 })}
        isDisabled={place === 0}
        onPress={() => change((parts) => mergeUp(parts, part.key))}
      />
      <IconButton small icon="trash" label={t('part.remove', { place: place1 })} onPress={remove} />
    </header>
  );
}

/** Under the last part: the next one, or a comment under the post. */
export function AddPart() {
  return <Add change={useComposing().change} />;
}

const Add = memo(function Add({ change }: Pick<Composing, 'change'>) {
  const { t } = useTranslation('compose');
  function add(kind: PartOf['kind']) {
    const added = emptyPart(kind);
    change((parts) => addAfter(parts, undefined, added));
    focusText(added.key);
  }
  return (
    <div className="flex flex-wrap gap-2">
      <Button small look="quiet" icon="plus" onPress={() => add('post')}>
        {t('part.add')}
      </Button>
      <Button small look="quiet" icon="comment" onPress={() => add('comment')}>
        {t('part.addComment')}
      </Button>
    </div>
  );
});
