import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { asProblem, type Problem } from '@/api/problem';
import type { OfferBody } from '@/api/schema';
import { chooseWorkspace } from '@/api/workspace';
import { begin } from '@/app/session';
import { Button } from '@/design/Button';
import { Section } from '@/design/Card';
import { ProblemNote } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { List, ListRow } from '@/design/Table';
import { whenText } from '@/design/When';
import { guessZone } from '@/design/zones';

/** Workspaces that invite the person who is signed in, with yes and no. Nothing is shown where none does. */
export function Offers() {
  const { t } = useTranslation('arrive');
  const offers = query.useQuery('get', '/v1/me/invitations');
  if (!offers.data?.items.length) return null;
  return (
    <Section title={t('offers.title')} hint={t('offers.hint')}>
      <List label={t('offers.title')}>
        {offers.data.items.map((offer) => (
          <Offer key={offer.id} offer={offer} onGone={() => offers.refetch()} />
        ))}
      </List>
    </Section>
  );
}

function Offer({ offer, onGone }: { offer: OfferBody; onGone: () => Promise<unknown> }) {
  const { t } = useTranslation('arrive');
  const { t: shell } = useTranslation('shell');
  const navigate = useNavigate();
  const [problem, setProblem] = useState<Problem>();
  const [pending, setPending] = useState<'accept' | 'decline'>();
  const params = { path: { invitation: offer.id } };
  async function act(which: 'accept' | 'decline', work: () => Promise<unknown>) {
    setPending(which);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(asProblem(error));
    }
    setPending(undefined);
  }
  async function accept() {
    const { data } = await api.POST('/v1/me/invitations/{invitation}', { params });
    await begin();
    chooseWorkspace(data?.workspace);
    await navigate({ to: '/', replace: true });
  }
  async function decline() {
    await api.DELETE('/v1/me/invitations/{invitation}', { params });
    await onGone();
  }
  const { workspace, invited_by, role, expires_at } = offer;
  return (
    <ListRow className="flex-wrap">
      <Icon name="mail" className="text-quiet" />
      <div className="flex min-w-0 flex-1 basis-40 flex-col">
        <span className="truncate font-medium">{workspace}</span>
        <span className="text-small text-quiet">
          {t('offers.by', { name: invited_by, role: shell(`role.${role}`), when: whenText(expires_at, guessZone()) })}
        </span>
      </div>
      <span className="flex items-center gap-2">
        <Button
          small
          isPending={pending === 'decline'}
          onPress={() => void act('decline', decline)}
          aria-label={t('offers.declineOf', { workspace })}
        >
          {t('join.decline')}
        </Button>
        <Button
          small
          look="solid"
          isPending={pending === 'accept'}
          onPress={() => void act('accept', accept)}
          aria-label={t('offers.acceptOf', { workspace })}
        >
          {t('offers.accept')}
        </Button>
      </span>
      {problem && <ProblemNote problem={problem} className="w-full" />}
    </ListRow>
  );
}
