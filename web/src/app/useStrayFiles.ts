import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

const hasFiles = ({ dataTransfer }: DragEvent) => Boolean(dataTransfer?.types.includes('Files'));

/**
 * Catches files that are dropped where nothing takes them. The browser would open them in place of the app, and what was
 * being written would be gone. Places that take files prevent that themselves first.
 */
export function useStrayFiles(): void {
  const { t } = useTranslation('shell');
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      const said = { kind: 'info', title: t('strayFile.title'), detail: t('strayFile.detail') } as const;
      // Read only now: the sign-in page is to be light, and shows no notices.
      void import('@/design/Toast').then(({ toast }) => toast(said));
    };
    window.addEventListener('dragover', over);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('drop', drop);
    };
  }, [t]);
}
