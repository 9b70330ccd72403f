import { type DragEvent, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { MediaBody } from '@/api/schema';
import { Button, IconButton } from '@/design/Button';
import { cx } from '@/design/cx';
import { useProblemWords } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { Menu, MenuItem, MenuLine, MenuTrigger } from '@/design/Menu';
import { useComposing } from '../context';
import { dropFile } from '../model/draft';
import { type FileRef, moved, type Part, updatePart } from '../model/parts';
import { Renditions } from './Renditions';
import type { Upload } from './uploads';
import { fileAddress } from './useAssets';

/** The files of a part in their order, with what is still missing about each. */
export function MediaStrip({ part }: { part: Part }) {
  const { t } = useTranslation('compose');
  const { change, offerUndo } = useComposing();
  const [dragged, drag] = useState<string>();
  const [asked, ask] = useState<string>();
  if (part.media.length === 0) return null;
  const put = (media: FileRef[]) => change((parts) => updatePart(parts, part.key, { media }));
  /** What is moved in the page loses the keyboard, so it gets it back. */
  function move(file: string, by: number, on: HTMLElement | null): void {
    put(moved(part.media, file, by));
    requestAnimationFrame(() => on?.focus());
  }
  function drop(event: DragEvent, on: number) {
    const from = part.media.findIndex(({ key }) => key === dragged);
    if (from < 0 || !dragged) return;
    event.preventDefault();
    event.stopPropagation();
    put(moved(part.media, dragged, on - from));
    drag(undefined);
  }
  return (
    <ul aria-label={t('media.list')} className="flex flex-wrap gap-3 px-4 pb-3">
      {part.media.map((file, place) => (
        <li
          key={file.key}
          draggable
          onDragStart={() => drag(file.key)}
          onDragOver={(event) => dragged && event.preventDefault()}
          onDrop={(event) => drop(event, place)}
          onKeyDown={(event) => {
            if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
            event.preventDefault();
            move(file.key, event.key === 'ArrowUp' ? -1 : 1, event.target as HTMLElement);
          }}
          className={cx('w-32', dragged === file.key && 'opacity-50')}
        >
          <Tile
            file={file}
            place={place}
            count={part.media.length}
            onMove={(by) => move(file.key, by, document.getElementById(`alt-${file.key}`))}
            onRemove={() => offerUndo(put(part.media.filter(({ key }) => key !== file.key)), t('media.removed'))}
            onAsk={() => ask(file.id)}
          />
        </li>
      ))}
      {asked && <Renditions media={asked} onClose={() => ask(undefined)} />}
    </ul>
  );
}

interface TileProps {
  file: FileRef;
  place: number;
  count: number;
  onMove: (by: number) => void;
  onRemove: () => void;
  onAsk: () => void;
}

function Tile({ file, place, count, onMove, onRemove, onAsk }: TileProps) {
  const { t } = useTranslation('compose');
  const { assets, sending, describe: openAlt } = useComposing();
  const asset = file.id ? assets.get(file.id) : undefined;
  const upload = sending.get(file.key);
  if (upload) return <Sending upload={upload} />;
  const isDescribed = Boolean((file.alt ?? asset?.alt)?.trim());
  const words = file.alt ?? asset?.alt ?? asset?.file_name ?? '';
  return (
    <div className="flex flex-col gap-1.5">
      <div className="group relative">
        <Picture asset={asset} alt={words} className="h-28 w-32" />
        <div className="absolute top-1 right-1 rounded-control bg-raised shadow-float">
          <MenuTrigger>
            <IconButton small icon="more" label={t('media.more', { place: place + 1 })} />
            <Menu
              onAction={(act) => {
                if (act === 'earlier') onMove(-1);
                else if (act === 'later') onMove(1);
                else if (act === 'forms') onAsk();
                else onRemove();
              }}
            >
              {place > 0 && (
                <MenuItem id="earlier" icon="arrow-left">
                  {t('media.earlier')}
                </MenuItem>
              )}
              {place < count - 1 && (
                <MenuItem id="later" icon="arrow-right">
                  {t('media.later')}
                </MenuItem>
              )}
              <MenuItem id="forms" icon="info">
                {t('media.forms')}
              </MenuItem>
              <MenuLine />
              <MenuItem id="remove" icon="trash" isDanger>
                {t('media.remove')}
              </MenuItem>
            </Menu>
          </MenuTrigger>
        </div>
      </div>
      <AriaButton
        id={`alt-${file.key}`}
        onPress={() => openAlt(file.key)}
        aria-label={t(isDescribed ? 'media.described' : 'media.undescribed', { place: place + 1, words })}
        className={cx(
          'control-small flex items-center gap-1.5 rounded-control border px-2 text-left text-small transition-colors data-hovered:bg-hover',
          isDescribed
            ? 'border-line text-quiet'
            : 'border-state-needs bg-state-needs-tint font-medium text-state-needs',
        )}
      >
        <Icon name={isDescribed ? 'check' : 'draft'} className="size-4" />
        <span className="min-w-0 flex-1 truncate">{isDescribed ? words : t('media.describe')}</span>
      </AriaButton>
    </div>
  );
}

/** A file as a small picture; a video by its first frame. */
export function Picture({ asset, alt, className }: { asset: MediaBody | undefined; alt: string; className?: string }) {
  const { workspace } = useComposing();
  const box = cx('rounded-control border border-line bg-sunken object-cover', className);
  if (!asset) return <span className={cx('block animate-breathe', box)} />;
  if (asset.kind === 'video') {
    return <video src={`${fileAddress(asset.id, workspace, false)}#t=0.1`} muted preload="metadata" className={box} />;
  }
  return <img src={fileAddress(asset.id, workspace, true)} alt={alt} loading="lazy" className={box} />;
}

/** A file on its way: how far it is, and the ways out. */
function Sending({ upload }: { upload: Upload }) {
  const { t } = useTranslation('compose');
  const { uploads, rewrite } = useComposing();
  const words = useProblemWords();
  const percent = upload.progress === undefined ? undefined : Math.round(upload.progress * 100);
  const give = () => {
    uploads.cancel(upload.key);
    rewrite((draft) => dropFile(draft, upload.key));
  };
  const problem = upload.problem && words(upload.problem);
  return (
    <div className="flex flex-col gap-1.5">
      <div className="relative h-28 w-32 overflow-hidden rounded-control border border-line bg-sunken">
        {upload.preview && !upload.isVideo && (
          <img src={upload.preview} alt="" className="size-full object-cover opacity-40" />
        )}
        <div className="absolute inset-0 flex flex-col items-center justify-center gap-1.5 p-2 text-center text-small">
          <Icon name={problem ? 'alert' : 'spinner'} className={problem ? 'text-state-failed' : 'text-quiet'} />
          <span className="line-clamp-3 w-full break-words">{problem?.title ?? upload.name}</span>
        </div>
        {!problem && (
          <progress
            aria-label={t('media.sending', { name: upload.name })}
            max={100}
            {...(percent === undefined ? {} : { value: percent })}
            className="absolute inset-x-0 bottom-0 h-1 w-full appearance-none bg-transparent [&::-moz-progress-bar]:bg-brass [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-brass"
          />
        )}
      </div>
      {problem && (
        <p role="alert" className="text-small text-quiet">
          {problem.detail || problem.remedy}
        </p>
      )}
      <div className="flex gap-1">
        {problem && (
          <Button small icon="refresh" onPress={() => uploads.again(upload.key)} className="flex-1">
            {t('media.again')}
          </Button>
        )}
        {problem ? (
          <IconButton small icon="trash" label={t('media.remove')} onPress={give} />
        ) : (
          <Button small look="quiet" icon="close" wide onPress={give}>
            {t('media.cancel')}
          </Button>
        )}
      </div>
    </div>
  );
}
