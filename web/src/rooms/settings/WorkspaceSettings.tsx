import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, query, tagged } from '@/api/client';
import { useMe } from '@/api/hooks';
import { LANGUAGES } from '@/app/language';
import { queries } from '@/app/queries';
import { meQuery, useMay, useSwitchWorkspace, useWorkspace } from '@/app/session';
import { Badge } from '@/design/Badge';
import { Button } from '@/design/Button';
import { Card, Section } from '@/design/Card';
import { Dialog } from '@/design/Dialog';
import { ErrorState, ProblemNote } from '@/design/ErrorState';
import { TextField } from '@/design/Field';
import { Form, useForm } from '@/design/Form';
import { Icon } from '@/design/Icon';
import { PageHeader } from '@/design/PageHeader';
import { Option, Select } from '@/design/Select';
import { Bone } from '@/design/Skeleton';
import { List, ListRow } from '@/design/Table';
import { toast } from '@/design/Toast';
import { ZonePicker } from '@/design/ZonePicker';
import { zoneWords } from '@/design/zones';
import { type Read, useEdited } from './useEdited';

/** The workspace at hand, and the others one has. */
export function WorkspaceSettings() {
  const { t } = useTranslation('settings');
  const here = useWorkspace();
  const mayManage = useMay('workspace:manage');
  return (
    <>
      <PageHeader title={t('workspace.title')} hint={t('workspace.hint')} />
      {mayManage ? <Loaded key={here.id} id={here.id} /> : <ReadOnly />}
      <Others />
    </>
  );
}

/** The workspace with its tag, so that no one's change is overwritten unseen. */
function useTagged(id: string) {
  const client = useQueryClient();
  const { queryKey } = query.queryOptions('get', '/v1/workspaces/{workspace}', { params: { path: { workspace: id } } });
  const key = [...queryKey, 'tagged'];
  const found = useQuery({
    queryKey: key,
    queryFn: (): Promise<Read> =>
      tagged(() => api.GET('/v1/workspaces/{workspace}', { params: { path: { workspace: id } } })),
  });
  return { found, keep: (fresh: Read) => client.setQueryData(key, fresh) };
}

function Loaded({ id }: { id: string }) {
  const { found, keep } = useTagged(id);
  if (!found.data && found.error) return <ErrorState problem={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) return <Bone className="h-80 w-full rounded-card" />;
  return <Edited found={found.data} keep={keep} readAgain={async () => (await found.refetch()).data} />;
}

function Edited({
  found,
  keep,
  readAgain,
}: {
  found: Read;
  keep: (fresh: Read) => void;
  readAgain: () => Promise<Read | undefined>;
}) {
  const { t } = useTranslation('settings');
  const { said, etag, take, change } = useEdited(found);
  const { form, isPending, problem, clear } = useForm(async () => {
    const params = { path: { workspace: found.data.id }, header: { 'If-Match': etag } };
    const fresh = await tagged(() => api.PATCH('/v1/workspaces/{workspace}', { params, body: said }));
    keep(fresh);
    take(fresh);
    toast({ title: t('saved') });
    await queries.invalidateQueries({ queryKey: meQuery.queryKey });
  });
  async function reload() {
    const fresh = await readAgain();
    if (!fresh) return;
    take(fresh);
    clear();
  }
  return (
    <Card className="p-4 md:p-5">
      <Form {...form} className="flex max-w-md flex-col gap-5">
        <TextField
          label={t('workspace.name')}
          name="name"
          value={said.name}
          onChange={(name) => change({ name })}
          isRequired
          maxLength={100}
        />
        <ZonePicker
          value={said.zone}
          onChange={(zone) => change({ zone })}
          name="zone"
          hint={t('workspace.zoneHint')}
        />
        <LanguageSelect value={said.language} onChange={(language) => change({ language })} />
        {problem && (
          <ProblemNote
            problem={problem}
            action={
              problem.slug === 'stale-revision' && (
                <Button small icon="refresh" className="mt-1 self-start" onPress={() => void reload()}>
                  {t('workspace.reload')}
                </Button>
              )
            }
          />
        )}
        <Button type="submit" look="solid" isPending={isPending} className="self-start">
          {t('save')}
        </Button>
      </Form>
    </Card>
  );
}

function LanguageSelect({ value, onChange }: { value: string; onChange: (language: string) => void }) {
  const { t, i18n } = useTranslation('settings');
  const names = new Intl.DisplayNames(i18n.language, { type: 'language' });
  const choices = [...new Set([...LANGUAGES, 'de', 'fr', 'es', 'it', 'pt', value])];
  return (
    <Select
      label={t('workspace.language')}
      hint={t('workspace.languageHint')}
      selectedKey={value}
      onSelectionChange={(key) => key !== null && onChange(String(key))}
    >
      {choices.map((tag) => (
        <Option key={tag} id={tag}>
          {names.of(tag) ?? tag}
        </Option>
      ))}
    </Select>
  );
}

/** What everyone in it may know; an owner or manager can change it. */
function ReadOnly() {
  const { t } = useTranslation('settings');
  const here = useWorkspace();
  return (
    <Card className="flex flex-col gap-4 p-4 md:p-5">
      <dl className="flex flex-col gap-3">
        <div>
          <dt className="text-small text-quiet">{t('workspace.name')}</dt>
          <dd>{here.name}</dd>
        </div>
        <div>
          <dt className="text-small text-quiet">{t('workspace.zone')}</dt>
          <dd>{zoneWords(here.zone)}</dd>
        </div>
      </dl>
      <p className="flex items-start gap-2 text-small text-quiet">
        <Icon name="lock" className="size-4.5" />
        {t('workspace.mayNot')}
      </p>
    </Card>
  );
}

function Others() {
  const { t } = useTranslation('settings');
  const { t: shell } = useTranslation('shell');
  const { workspaces } = useMe();
  const here = useWorkspace();
  const go = useSwitchWorkspace();
  const [isMaking, setMaking] = useState(false);
  return (
    <Section
      title={t('workspaces.title')}
      hint={t('workspaces.hint')}
      actions={
        <Button icon="plus" onPress={() => setMaking(true)}>
          {t('workspaces.new')}
        </Button>
      }
    >
      <List label={t('workspaces.title')}>
        {workspaces.map(({ id, name, role, zone }) => (
          <ListRow key={id}>
            <div className="flex min-w-0 flex-1 flex-col">
              <span className="truncate font-medium">{name}</span>
              <span className="text-small text-quiet">
                {shell(`role.${role}`)} · {zoneWords(zone)}
              </span>
            </div>
            {id === here.id ? (
              <Badge tone="published">{t('workspaces.here')}</Badge>
            ) : (
              <Button small onPress={() => void go(id)} aria-label={t('workspaces.goTo', { name })}>
                {t('workspaces.go')}
              </Button>
            )}
          </ListRow>
        ))}
      </List>
      {isMaking && <NewWorkspace onClose={() => setMaking(false)} />}
    </Section>
  );
}

function NewWorkspace({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('settings');
  const me = useMe();
  const client = useQueryClient();
  const go = useSwitchWorkspace();
  const [zone, setZone] = useState(me.zone);
  const { form, isPending, problem } = useForm(async (text) => {
    const name = text('name');
    const { data } = await api.POST('/v1/workspaces', { body: { name, zone, language: me.language } });
    await client.invalidateQueries({ queryKey: meQuery.queryKey });
    if (data) await go(data.id);
    toast({ title: t('workspaces.made', { name }) });
  });
  return (
    <Dialog title={t('workspaces.new')} isOpen isDismissable={false} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Form {...form} className="flex flex-col gap-5">
        <p className="text-body text-quiet">{t('workspaces.newHint')}</p>
        <TextField label={t('workspace.name')} name="name" isRequired maxLength={100} autoFocus />
        <ZonePicker value={zone} onChange={setZone} name="zone" />
        {problem && <ProblemNote problem={problem} />}
        <Button type="submit" look="solid" wide isPending={isPending}>
          {t('workspaces.make')}
        </Button>
      </Form>
    </Dialog>
  );
}
