import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useChannels, useMe } from '@/api/hooks';
import { asProblem } from '@/api/problem';
import type { PostBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { StateBadge } from '@/design/Badge';
import { Button, IconButton } from '@/design/Button';
import { Section } from '@/design/Card';
import { cx } from '@/design/cx';
import { ConfirmDialog } from '@/design/Dialog';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState, Forbidden, ProblemNote } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { ButtonLink, PlainLink } from '@/design/Link';
import { Menu, MenuItem, MenuTrigger } from '@/design/Menu';
import { Page, useTitle } from '@/design/PageHeader';
import { Bone } from '@/design/Skeleton';
import { toast } from '@/design/Toast';
import { bringBack, decideAll, duplicate, remove, restoreAll } from './acts';
import { Content } from './Content';
import { beginning, callable, isEditable, missing, shownOf } from './model/summary';
import { Publication } from './Publication';
import { Review } from './Review';
import { SeriesCard } from './SeriesCard';
import { SummaryLine } from './SummaryLine';
import { Timeline } from './Timeline';
import { useAct } from './useAct';
import { useUndoToast } from './useUndoToast';

const route = getRouteApi('/inside/posts/$post');

/** How many channels are shown before one asks for the rest; a recurring post has hundreds. */
const SHOWN_FIRST = 12;

export function Post() {
  return useMay('posts:read') ? <Open /> : <Forbidden permission="posts:read" />;
}

function Open() {
  const { t } = useTranslation('post');
  const { post: id } = route.useParams();
  const read = query.useQuery('get', '/v1/posts/{post}', { params: { path: { post: id } } });
  useTitle(read.data ? beginning(read.data, 50) || t('untitled') : t('name'));
  if (read.error) {
    return (
      <Page narrow>
        {asProblem(read.error).slug === 'not-found' ? (
          <EmptyState
            isPage
            icon="search"
            title={t('gone.title')}
            action={<ButtonLink to="/posts">{t('gone.list')}</ButtonLink>}
          >
            {t('gone.body')}
          </EmptyState>
        ) : (
          <>
            <h1 className="sr-only">{t('name')}</h1>
            <ErrorState problem={read.error} onRetry={() => void read.refetch()} />
          </>
        )}
      </Page>
    );
  }
  return <Page className="max-w-6xl">{read.data ? <Told post={read.data} /> : <Waiting />}</Page>;
}

function Waiting() {
  const { t } = useTranslation('design');
  return (
    <div role="status" className="flex flex-col gap-6">
      <span className="sr-only">{t('loading')}</span>
      <Bone className="h-8 w-2/3" />
      <Bone className="h-5 w-1/3" />
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex flex-col gap-3">
          <Bone className="h-28 rounded-card" />
          <Bone className="h-28 rounded-card" />
        </div>
        <Bone className="h-48 rounded-card" />
      </div>
    </div>
  );
}

function Told({ post }: { post: PostBody }) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const [isWhole, setWhole] = useState(false);
  const ordered = shownOf(post);
  // On a phone what has to be decided stands before what was written.
  const needsSomebody = post.standing.attention > 0;
  const shown = isWhole ? ordered : ordered.slice(0, SHOWN_FIRST);
  return (
    <>
      <Head post={post} />
      <div className="grid gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-8">
          <Review post={post} />
          {(post.series ?? []).map((series) => (
            <SeriesCard key={series.id} post={post} series={series} />
          ))}
          {ordered.length > 0 && (
            <Section title={t('channels.title')}>
              <ul className="flex flex-col gap-3">
                {shown.map((publication) => (
                  <Publication key={publication.id} post={post} publication={publication} />
                ))}
              </ul>
              {shown.length < ordered.length && (
                <Button look="quiet" className="self-center" onPress={() => setWhole(true)}>
                  {t('channels.more', { count: ordered.length - shown.length })}
                </Button>
              )}
            </Section>
          )}
          <Timeline post={post} publications={shown} />
        </div>
        <aside className={cx('flex min-w-0 flex-col gap-3', !needsSomebody && 'max-lg:order-first')}>
          <Content post={post} zone={zone} />
        </aside>
      </div>
    </>
  );
}

function Head({ post }: { post: PostBody }) {
  const { t } = useTranslation('post');
  return (
    <header className="flex flex-col gap-3">
      <PlainLink
        to="/posts"
        className="-ml-1 flex min-h-11 items-center gap-1 self-start px-1 text-small font-medium text-quiet data-hovered:text-ink md:min-h-6"
      >
        <Icon name="chevron-left" className="size-4" />
        {t('list.title')}
      </PlainLink>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="flex min-w-0 flex-1 basis-80 flex-col items-start gap-2">
          <h1 dir="auto" className="text-title font-semibold wrap-break-word">
            {beginning(post) || t('untitled')}
          </h1>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
            <StateBadge state={post.state} />
            <SummaryLine post={post} />
          </div>
        </div>
        <Acts post={post} />
      </div>
    </header>
  );
}

type Asked = 'cancel' | 'delete' | 'missing';

function Acts({ post }: { post: PostBody }) {
  const { t } = useTranslation('post');
  const navigate = useNavigate();
  const mayWrite = useMay('posts:write');
  const mayPublish = useMay('posts:publish');
  const channels = useChannels().data;
  const { act, isPending, problem } = useAct();
  const undoToast = useUndoToast();
  const [asked, ask] = useState<Asked>();
  const [left, off] = [missing(post), callable(post)];
  const isDraft = post.publications.length === 0;
  const isMine = useMe().id === post.made_by;

  async function copy(): Promise<void> {
    const made = await duplicate(post, new Set(channels?.map(({ id }) => id)));
    if (!made) return;
    toast({ title: t('acts.duplicated') });
    await navigate({ to: '/compose/{-$post}', params: { post: made.id } });
  }

  return (
    <div className="flex max-w-full flex-col items-end gap-2 max-sm:w-full max-sm:items-stretch">
      <div className="flex flex-wrap gap-2">
        {mayWrite && isEditable(post) && (
          <ButtonLink to="/compose/{-$post}" params={{ post: post.id }} icon="draft" look={isDraft ? 'solid' : 'plain'}>
            {t(isDraft ? 'acts.goOn' : 'acts.edit')}
          </ButtonLink>
        )}
        {mayPublish && left.length > 0 && left.length < post.standing.channels && (
          <Button icon="send" onPress={() => ask('missing')}>
            {t('acts.missing', { count: left.length })}
          </Button>
        )}
        {mayWrite && (
          <Button icon="copy" isPending={isPending} onPress={() => void act(copy)}>
            {t('acts.duplicate')}
          </Button>
        )}
        {(mayPublish || (mayWrite && isDraft && isMine)) && (
          <MenuTrigger>
            <IconButton icon="more" look="plain" label={t('acts.more')} />
            <Menu placement="bottom end" onAction={(key) => ask(key === 'cancel' ? 'cancel' : 'delete')}>
              {off.length > 0 && (
                <MenuItem id="cancel" icon="close">
                  {t('acts.cancel')}
                </MenuItem>
              )}
              <MenuItem id="delete" icon="trash" isDanger>
                {t(isDraft ? 'acts.deleteDraft' : 'acts.delete')}
              </MenuItem>
            </Menu>
          </MenuTrigger>
        )}
      </div>
      {problem && <ProblemNote problem={problem} />}
      <ConfirmDialog
        title={t('missing.title')}
        confirm={t('missing.confirm')}
        isDanger={false}
        isOpen={asked === 'missing'}
        onOpenChange={() => ask(undefined)}
        onConfirm={() => decideAll(left, 'send')}
      >
        <p>{t('missing.body', { count: left.length })}</p>
      </ConfirmDialog>
      <ConfirmDialog
        title={t('cancel.title')}
        confirm={t('cancel.confirm')}
        keeps
        isOpen={asked === 'cancel'}
        onOpenChange={() => ask(undefined)}
        onConfirm={async () => {
          await decideAll(off, 'cancel');
          undoToast(t('cancel.done'), () => restoreAll(off));
        }}
      >
        <p>{t('cancel.body', { count: off.length })}</p>
      </ConfirmDialog>
      <ConfirmDialog
        title={t(isDraft ? 'delete.draftTitle' : 'delete.title')}
        confirm={t('delete.confirm')}
        isOpen={asked === 'delete'}
        onOpenChange={() => ask(undefined)}
        onConfirm={async () => {
          await remove(post);
          undoToast(t('delete.done'), async () => {
            await bringBack(post);
            await navigate({ to: '/posts/$post', params: { post: post.id } });
          });
          await navigate({ to: '/posts' });
        }}
      >
        <p>{t(isDraft ? 'delete.draftBody' : 'delete.body')}</p>
      </ConfirmDialog>
    </div>
  );
}
