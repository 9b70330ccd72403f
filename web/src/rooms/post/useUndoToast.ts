import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import { toast } from '@/design/Toast';

/** Says that something was done, with a way to take it back. What could not be taken back says why. */
export function useUndoToast(): (title: string, back: () => Promise<unknown>) => void {
  const { t } = useTranslation('post');
  return useCallback(
    (title, back) => {
      const undo = () =>
        void back().then(
          () => toast({ title: t('undone') }),
          (error: unknown) => toast({ kind: 'failed', title: t('notUndone'), detail: asProblem(error).detail }),
        );
      toast({ title, action: { label: t('undo'), onPress: undo } });
    },
    [t],
  );
}
