import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlatformBody } from '@/api/schema';
import { Checkbox } from '@/design/Choice';
import { Icon } from '@/design/Icon';
import { useFeatureWords } from './features';
import { type Asked, askable } from './permissions';

/** Which permissions are asked at the platform, for what; those that can be left out can be unticked. */
export function Permissions({
  platform,
  chosen,
  onChange,
}: {
  platform: PlatformBody;
  chosen: string[];
  onChange: (chosen: string[]) => void;
}) {
  const { t } = useTranslation('connect');
  const words = useFeatureWords();
  const id = useId();
  return (
    <fieldset aria-labelledby={id} className="flex flex-col">
      <legend id={id} className="pb-1 text-body font-medium">
        {t('permissions.title', { platform: platform.name })}
      </legend>
      <div className="grid gap-x-4 sm:grid-cols-2">
        {askable(platform.features).map((feature) =>
          feature.isFixed ? (
            <Fixed key={feature.name} {...feature} />
          ) : (
            <Checkbox
              key={feature.name}
              isSelected={chosen.includes(feature.name)}
              onChange={(isChosen) => onChange(toggled(chosen, feature.name, isChosen))}
            >
              {words(feature.name).does}
            </Checkbox>
          ),
        )}
      </div>
      <p className="pt-1 text-small text-quiet">{t('permissions.hint')}</p>
      <Scopes platform={platform} chosen={chosen} />
    </fieldset>
  );
}

function toggled(chosen: string[], name: string, isChosen: boolean): string[] {
  return isChosen ? [...chosen, name] : chosen.filter((one) => one !== name);
}

/** No choice: without it nothing works, or it comes along with what is asked anyway. */
function Fixed({ name }: Asked) {
  const words = useFeatureWords();
  return (
    <div className="flex min-h-11 items-start gap-2.5 py-2.5 text-body md:min-h-8 md:py-1.5">
      <Icon name="check" className="mt-px size-4.5 text-accent" />
      <span>{words(name).does}</span>
    </div>
  );
}

/** The same in the platform's own names, for comparing them with its consent page. */
function Scopes({ platform, chosen }: { platform: PlatformBody; chosen: string[] }) {
  const { t } = useTranslation('connect');
  const asked = askable(platform.features).filter(({ name, isFixed }) => isFixed || chosen.includes(name));
  const scopes = [...new Set(asked.flatMap((feature) => feature.scopes))];
  if (scopes.length === 0) return null;
  return (
    <details className="pt-1 text-small text-quiet">
      <summary>{t('permissions.scopes', { platform: platform.name })}</summary>
      <ul className="flex flex-wrap gap-x-3 pt-1 font-mono">
        {scopes.map((scope) => (
          <li key={scope} className="break-all">
            {scope}
          </li>
        ))}
      </ul>
    </details>
  );
}
