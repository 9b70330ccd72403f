import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, tagged } from '@/api/client';
import { useMe } from '@/api/hooks';
import { readMe } from '@/api/me';
import type { MePatch } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { isLanguage, LANGUAGES, setLanguage } from '@/app/language';
import { queries } from '@/app/queries';
import { meQuery } from '@/app/session';
import { setShortcuts, useShortcutsOn } from '@/app/shortcuts';
import { setTheme, type Theme, useTheme } from '@/app/theme';
import { Button } from '@/design/Button';
import { Card, Section } from '@/design/Card';
import { Radio, RadioGroup, Switch } from '@/design/Choice';
import { clockWords } from '@/design/clock';
import { ProblemNote } from '@/design/ErrorState';
import { TextField } from '@/design/Field';
import { Form, useForm, useSaving } from '@/design/Form';
import { PageHeader } from '@/design/PageHeader';
import { toast } from '@/design/Toast';
import { ZonePicker } from '@/design/ZonePicker';
import { Offers } from '@/parts/Offers';
import { PasswordField } from '@/rooms/arrive/PasswordField';
import { weekdayName } from '@/rooms/channels/SlotWeek';

/** Who one is here, and how the app looks to them. */
export function Profile() {
  const { t } = useTranslation('settings');
  return (
    <>
      <PageHeader title={t('profile.title')} hint={t('profile.hint')} />
      <Offers />
      <About />
      <Looks />
      <Email />
      <Password />
    </>
  );
}

async function patchMe(body: MePatch): Promise<void> {
  const { etag } = await tagged(readMe);
  const { data } = await api.PATCH('/v1/me', { params: { header: { 'If-Match': etag } }, body });
  if (data) queries.setQueryData(meQuery.queryKey, data);
}

function About() {
  const { t } = useTranslation('settings');
  const me = useMe();
  const [zone, setZone] = useState(me.zone);
  const { form, isPending, problem } = useForm(async (text) => {
    await patchMe({ name: text('name'), zone });
    toast({ title: t('saved') });
  });
  return (
    <Card className="p-4 md:p-5">
      <Form {...form} className="flex max-w-md flex-col gap-5">
        <TextField
          label={t('profile.name')}
          name="name"
          defaultValue={me.name}
          isRequired
          maxLength={100}
          autoComplete="name"
        />
        <ZonePicker value={zone} onChange={setZone} name="zone" hint={t('profile.zoneHint')} />
        {problem && <ProblemNote problem={problem} />}
        <Button type="submit" look="solid" isPending={isPending} className="self-start">
          {t('save')}
        </Button>
      </Form>
    </Card>
  );
}

/** The name of each language in itself, so that everyone finds their own. */
const OWN_NAMES = { en: 'English', nl: 'Nederlands' } as const;
const THEMES: Theme[] = ['system', 'light', 'dark'];

const WEEKS = ['by_language', 'monday', 'saturday', 'sunday'] as const;
/** 0 is Monday. */
const DAYS = { monday: 0, saturday: 5, sunday: 6 };
const CLOCKS = ['by_language', 'twenty_four_hours', 'twelve_hours'] as const;
const FACES = { twenty_four_hours: 'en-GB-u-hc-h23', twelve_hours: 'en-US-u-hc-h12' };

/** Language, days and hours, look and keys: at once, without a button. */
function Looks() {
  const me = useMe();
  const { t, i18n } = useTranslation('settings');
  const { t: shell } = useTranslation('shell');
  const theme = useTheme();
  const areShortcutsOn = useShortcutsOn();
  const { save, problem } = useSaving();
  async function speak(to: string) {
    if (!isLanguage(to)) return;
    // Together: who goes elsewhere at once finds the language kept.
    await Promise.all([setLanguage(to), save(() => patchMe({ language: to }))]);
  }
  return (
    <Section title={t('looks.title')} hint={t('looks.hint')}>
      <Card className="flex flex-col gap-5 p-4 md:p-5">
        <RadioGroup label={t('looks.language')} value={i18n.language} onChange={(to) => void speak(to)} sideways>
          {LANGUAGES.map((language) => (
            <Radio key={language} value={language}>
              <span lang={language}>{OWN_NAMES[language]}</span>
            </Radio>
          ))}
        </RadioGroup>
        <RadioGroup
          label={t('looks.week')}
          value={me.week_starts_on}
          onChange={(day) => void save(() => patchMe({ week_starts_on: WEEKS.find((one) => one === day) ?? null }))}
          sideways
        >
          {WEEKS.map((one) => (
            <Radio key={one} value={one}>
              {one === 'by_language' ? t('looks.byLanguage') : weekdayName(DAYS[one])}
            </Radio>
          ))}
        </RadioGroup>
        <RadioGroup
          label={t('looks.clock')}
          value={me.clock}
          onChange={(face) => void save(() => patchMe({ clock: CLOCKS.find((one) => one === face) ?? null }))}
          sideways
        >
          {CLOCKS.map((one) => (
            <Radio key={one} value={one}>
              {one === 'by_language' ? t('looks.byLanguage') : clockWords('15:30', FACES[one])}
            </Radio>
          ))}
        </RadioGroup>
        <RadioGroup
          label={shell('theme.title')}
          value={theme}
          onChange={(to) => setTheme(THEMES.find((one) => one === to) ?? 'system')}
          sideways
        >
          {THEMES.map((one) => (
            <Radio key={one} value={one}>
              {shell(`theme.${one}`)}
            </Radio>
          ))}
        </RadioGroup>
        <Switch isSelected={areShortcutsOn} onChange={setShortcuts} hint={shell('shortcuts.hint')}>
          {shell('shortcuts.on')}
        </Switch>
        {problem && <ProblemNote problem={problem} />}
      </Card>
    </Section>
  );
}

function Email() {
  const { t } = useTranslation('settings');
  const me = useMe();
  const { form, isPending, problem } = useForm(async (text) => {
    await withIdentity(() => api.PUT('/v1/me/email', { body: { email: text('email') } }));
    await queries.invalidateQueries({ queryKey: meQuery.queryKey });
    toast({ title: t('email.asked') });
  });
  return (
    <Section title={t('email.title')} hint={t('email.hint')}>
      <Card className="p-4 md:p-5">
        <Form key={me.new_email ?? me.email} {...form} className="flex max-w-md flex-col gap-5">
          <TextField
            label={t('email.label')}
            name="email"
            type="email"
            defaultValue={me.new_email ?? me.email}
            isRequired
            autoComplete="email"
          />
          {me.new_email && (
            <p className="text-body text-quiet">{t('email.waits', { email: me.email, asked: me.new_email })}</p>
          )}
          {problem && <ProblemNote problem={problem} />}
          <Button type="submit" isPending={isPending} className="self-start">
            {t('email.act')}
          </Button>
        </Form>
      </Card>
    </Section>
  );
}

function Password() {
  const { t } = useTranslation('settings');
  const me = useMe();
  const [round, setRound] = useState(0);
  const { form, isPending, problem } = useForm(async (text) => {
    const body = { current_password: text('current_password'), new_password: text('new_password') };
    await api.PUT('/v1/me/password', { body });
    await queries.invalidateQueries({ queryKey: meQuery.queryKey });
    setRound(round + 1);
    toast({ title: t('password.changed'), detail: t('password.changedDetail') });
  });
  return (
    <Section title={t('password.title')} hint={t('password.hint')}>
      <Card className="p-4 md:p-5">
        <Form key={round} {...form} className="flex max-w-md flex-col gap-5">
          <input type="email" name="email" value={me.email} autoComplete="username" readOnly hidden />
          <TextField
            label={t('password.current')}
            name="current_password"
            type="password"
            autoComplete="current-password"
            isRequired
          />
          <PasswordField name="new_password" label={t('password.new')} />
          {problem && <ProblemNote problem={problem} />}
          <Button type="submit" isPending={isPending} className="self-start">
            {t('password.act')}
          </Button>
        </Form>
      </Card>
    </Section>
  );
}
