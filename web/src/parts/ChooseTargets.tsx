import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '@/api/problem';
import type { TargetBody } from '@/api/schema';
import { Button } from '@/design/Button';
import { Checkbox } from '@/design/Choice';
import { ProblemNote } from '@/design/ErrorState';
import { Form } from '@/design/Form';
import { SearchField } from '@/design/SearchField';

/** So many are found without searching. */
const SEARCH_FROM = 12;

/** What one account gives, to be ticked: what can be connected, and why something can’t. */
export function ChooseTargets({
  targets,
  isPending,
  problem,
  onChoose,
}: {
  targets: TargetBody[];
  isPending: boolean;
  problem?: Problem | undefined;
  onChoose: (keys: string[]) => void;
}) {
  const { t } = useTranslation('connect');
  const [chosen, setChosen] = useState<string[]>([]);
  const [search, setSearch] = useState('');
  const free = targets.filter(({ state }) => state === 'free');
  const wanted = search.trim().toLowerCase();
  const shown = targets.filter(({ name, handle }) => `${name} ${handle}`.toLowerCase().includes(wanted));
  const isAll = free.length > 0 && free.every(({ key }) => chosen.includes(key));
  function submit(event: FormEvent) {
    event.preventDefault();
    onChoose(chosen);
  }
  return (
    <Form onSubmit={submit} className="flex flex-col gap-4">
      {targets.length >= SEARCH_FROM && <SearchField label={t('targets.search')} value={search} onChange={setSearch} />}
      <fieldset className="flex flex-col rounded-card border border-line bg-surface px-4 py-2">
        <legend className="sr-only">{t('targets.legend')}</legend>
        {free.length > 1 && !wanted && (
          <Checkbox
            className="border-b border-line font-medium"
            isSelected={isAll}
            isIndeterminate={!isAll && free.some(({ key }) => chosen.includes(key))}
            onChange={(isChosen) =>
              setChosen((before) => [
                ...before.filter((one) => free.every(({ key }) => key !== one)),
                ...(isChosen ? free.map(({ key }) => key) : []),
              ])
            }
          >
            {t('targets.all', { count: free.length })}
          </Checkbox>
        )}
        {shown.map((target) => (
          <Target
            key={target.key}
            target={target}
            isChosen={chosen.includes(target.key)}
            onChange={(isChosen) =>
              setChosen((before) => [...before.filter((one) => one !== target.key), ...(isChosen ? [target.key] : [])])
            }
          />
        ))}
        {shown.length === 0 && <p className="py-2 text-body text-quiet">{t('targets.noMatch')}</p>}
      </fieldset>
      {problem && <ProblemNote problem={problem} />}
      <Button type="submit" look="solid" wide isPending={isPending} isDisabled={chosen.length === 0}>
        {chosen.length === 0 ? t('targets.none') : t('targets.act', { count: chosen.length })}
      </Button>
    </Form>
  );
}

function Target({
  target,
  isChosen,
  onChange,
}: {
  target: TargetBody;
  isChosen: boolean;
  onChange: (isChosen: boolean) => void;
}) {
  const { t } = useTranslation('connect');
  const { name, handle, state, connected_by: account, workspace } = target;
  const said = {
    free: '',
    connected: t('targets.connected'),
    other_account: t('targets.otherAccount', { account: account ?? '' }),
    elsewhere: workspace ? t('targets.elsewhereNamed', { workspace }) : t('targets.elsewhere'),
  }[state];
  const hint = [handle === name ? '' : handle, said].filter(Boolean).join(' · ');
  return (
    <Checkbox
      hint={hint && <span className="wrap-anywhere">{hint}</span>}
      isSelected={isChosen || state === 'connected'}
      isDisabled={state === 'connected' || state === 'elsewhere'}
      onChange={onChange}
    >
      <span className="wrap-anywhere">{name}</span>
    </Checkbox>
  );
}
