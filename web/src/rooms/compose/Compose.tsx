import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useChannels, useMe, usePlatforms } from '@/api/hooks';
import type { ChannelBody, PlatformBody, PostBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { ErrorState, Forbidden } from '@/design/ErrorState';
import { Page, PageHeader, useTitle } from '@/design/PageHeader';
import { toast } from '@/design/Toast';
import { takesPosts } from '@/parts/posting';
import { Closed } from './Closed';
import { Composer } from './Composer';
import { ComposerBones } from './ComposerBones';
import { chooseChannels, type Draft, draftOf, emptyDraft } from './model/draft';
import { editingOf } from './publishing';
import { firstChoice, forget, kept } from './saving/backup';
import { channelsOf } from './search';

const ROUTE = '/inside/compose/{-$post}';

/** `/compose` begins a post, `/compose/$post` continues with one. */
export function Compose() {
  const { t } = useTranslation('compose');
  useTitle(t('title.new'));
  const { post } = useParams({ from: ROUTE });
  const mayWrite = useMay('posts:write');
  const navigate = useNavigate();
  // A draft gets its address with its first words: the page stays as it is, with the cursor where it was.
  const made = useRef<string>(undefined);
  const [open, setOpen] = useState({ post, visit: 0 });
  if (open.post !== post) {
    const isSame = post !== undefined && made.current === post;
    setOpen({ post, visit: isSame ? open.visit : open.visit + 1 });
  }
  const onMade = useCallback(
    (id: string) => {
      made.current = id;
      void navigate({ to: `/compose/${id}` as string, replace: true, resetScroll: false });
    },
    [navigate],
  );
  const onAnother = useCallback(() => {
    made.current = undefined;
    void navigate({ to: '/compose' as string });
  }, [navigate]);
  if (!mayWrite) return <Forbidden permission="posts:write" />;
  return <Reading key={open.visit} post={post} onMade={onMade} onAnother={onAnother} />;
}

interface Around {
  post: string | undefined;
  onMade: (id: string) => void;
  onAnother: () => void;
}

/** Reads what the composer needs before it is drawn. */
function Reading({ post: now, onMade, onAnother }: Around) {
  const { t } = useTranslation('compose');
  const search = useSearch({ from: ROUTE });
  // What the page was opened with: its address changes when the draft gets one.
  const [begun] = useState({ ...search, id: now });
  const channels = useChannels();
  const platforms = usePlatforms();
  const wanted = begun.id ?? begun.from;
  const post = query.useQuery(
    'get',
    '/v1/posts/{post}',
    { params: { path: { post: wanted ?? '' } } },
    { enabled: wanted !== undefined, staleTime: 0, gcTime: 0, refetchOnWindowFocus: false },
  );
  const failed = [channels, platforms, post].find(({ error }) => error);
  if (failed?.error) {
    return (
      <Page narrow>
        <PageHeader title={t('title.new')} />
        <ErrorState problem={failed.error} onRetry={() => void failed.refetch()} />
      </Page>
    );
  }
  if (!channels.data || !platforms.data || (wanted && !post.data)) return <ComposerBones />;
  return (
    <Loaded
      post={begun.id ? post.data : undefined}
      copied={begun.id ? undefined : post.data}
      begin={begun.at}
      only={channelsOf(begun)}
      channels={channels.data.filter(takesPosts)}
      platforms={platforms.data}
      onMade={onMade}
      onAnother={onAnother}
    />
  );
}

interface LoadedProps extends Omit<Around, 'post'> {
  post: PostBody | undefined;
  copied: PostBody | undefined;
  begin: string | undefined;
  /** The channels that it is begun for, such as those of a free slot. */
  only: string[] | undefined;
  channels: ChannelBody[];
  platforms: PlatformBody[];
}

function Loaded({ post, copied, only, channels, ...rest }: LoadedProps) {
  const { t } = useTranslation('compose');
  const { id: workspace } = useWorkspace();
  const { id: person } = useMe();
  const [begun] = useState(() => {
    const backup = copied ? undefined : kept(workspace, post?.id);
    const ids = channels.map(({ id }) => id);
    const wanted = only?.filter((id) => ids.includes(id));
    const told = post ?? copied;
    const stored = told ? draftOf(told) : emptyDraft(wanted ?? firstChoice(workspace, person, ids));
    if (!backup) return { post, initial: stored, isRestored: false };
    // Written on an older revision, it meets what is stored now when it is saved, and a person decides.
    const base = post && { ...post, revision: backup.revision ?? post.revision };
    const draft = wanted && !post ? chooseChannels(backup.draft, wanted) : known(backup.draft, channels);
    return { post: base, initial: draft, isRestored: true };
  });
  const hasTold = useRef(false);
  useEffect(() => {
    if (!begun.isRestored || hasTold.current) return;
    hasTold.current = true;
    const act = { label: t('save.discard'), onPress: () => discard(workspace, begun.post?.id) };
    toast({ kind: 'info', title: t('save.restored'), action: act });
  }, [begun, workspace, t]);
  if (post && editingOf(post) === 'closed') return <Closed post={post} />;
  return <Composer {...rest} post={begun.post} initial={begun.initial} channels={channels} />;
}

function discard(workspace: string, post: string | undefined): void {
  forget(workspace, post);
  location.reload();
}

/** Without channels that were disconnected meanwhile. */
function known(draft: Draft, channels: ChannelBody[]): Draft {
  return { ...draft, targets: draft.targets.filter(({ channel }) => channels.some(({ id }) => id === channel)) };
}
