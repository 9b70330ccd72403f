import { useTranslation } from 'react-i18next';
import { Page, PageHeader } from '@/design/PageHeader';
import { Bone } from '@/design/Skeleton';

/** The composer in grey, while it is being read. */
export function ComposerBones() {
  const { t } = useTranslation('compose');
  return (
    <Page className="gap-5">
      <PageHeader title={t('title.new')} />
      <div role="status" className="grid items-start gap-8 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <span className="sr-only">{t('loading')}</span>
        <div className="flex flex-col gap-5" aria-hidden="true">
          <Bone className="h-5 w-40" />
          <div className="flex flex-wrap gap-2">
            <Bone className="h-11 w-36 rounded-full" />
            <Bone className="h-11 w-32 rounded-full" />
            <Bone className="h-11 w-36 rounded-full" />
          </div>
          <Bone className="h-10 w-full rounded-control" />
          <Bone className="h-44 w-full rounded-card" />
        </div>
        <div className="hidden flex-col gap-3 xl:flex" aria-hidden="true">
          <Bone className="h-5 w-20" />
          <Bone className="h-48 w-full rounded-card" />
          <Bone className="h-48 w-full rounded-card" />
        </div>
      </div>
    </Page>
  );
}
