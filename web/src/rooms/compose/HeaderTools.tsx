import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '@/design/Button';
import { Delete } from './Delete';
import type { Saver } from './saving/saver';

interface Props {
  workspace: string;
  saver: Saver;
  /** The stored post; none while it is new. */
  post: string | undefined;
  isScheduled: boolean;
  mayDelete: boolean;
  canUndo: boolean;
  canRedo: boolean;
  /** What was just undone or redone, read out. */
  moved: string;
  isPreview: boolean;
  onTravel: (way: 'undo' | 'redo', byKey: boolean) => void;
  onPreview: () => void;
  onDeleted: () => void;
}

/** Undo, redo, delete and the preview. Nothing here depends on the words, so it is not drawn again at each key. */
export const HeaderTools = memo(function HeaderTools(props: Props) {
  const { workspace, saver, post, isScheduled, mayDelete, canUndo, canRedo, moved, isPreview } = props;
  const { onTravel, onPreview, onDeleted } = props;
  const { t } = useTranslation('compose');
  return (
    <>
      <IconButton
        look="plain"
        icon="undo"
        label={t('history.undo')}
        isDisabled={!canUndo}
        onPress={() => onTravel('undo', false)}
      />
      <IconButton
        look="plain"
        icon="redo"
        label={t('history.redo')}
        isDisabled={!canRedo}
        className={canRedo ? '' : 'max-sm:hidden'}
        onPress={() => onTravel('redo', false)}
      />
      <p role="status" className="sr-only">
        {moved}
      </p>
      {mayDelete && post && (
        <Delete workspace={workspace} saver={saver} post={post} isScheduled={isScheduled} onDeleted={onDeleted} />
      )}
      <Button icon={isPreview ? 'draft' : 'eye'} onPress={onPreview} className="xl:hidden">
        <span className="max-sm:sr-only">{t(isPreview ? 'preview.close' : 'preview.title')}</span>
      </Button>
    </>
  );
});
