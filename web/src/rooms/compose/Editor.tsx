import { useTranslation } from 'react-i18next';
import { useChosen, useComposing } from './context';
import { OtherIssues } from './Issues';
import { partsOf } from './model/draft';
import { OptionsOf } from './OptionsOf';
import { AddPart, Part } from './Part';
import { useIssues } from './useFound';
import { VariantTabs } from './VariantTabs';

/** The parts of the open tab, and the options of its channel. */
export function Editor() {
  const { t } = useTranslation('compose');
  const errors = useIssues().filter(({ issue }) => issue.severity === 'error').length;
  return (
    <div data-draft className="flex flex-col gap-3">
      <VariantTabs>{OPEN}</VariantTabs>
      <p role="status" className="sr-only">
        {errors > 0 && t('issues.status', { count: errors })}
      </p>
    </div>
  );
}

function Open() {
  const { draft, whose } = useComposing();
  const chosen = useChosen();
  const parts = partsOf(draft, whose);
  // With one channel the shared text is that channel's, and so are the options beneath it.
  const own = chosen.length === 1 ? chosen : chosen.filter(({ id }) => id === whose);
  return (
    <>
      {parts.map((part, place) => (
        <Part key={part.key} part={part} place={place} count={parts.length} />
      ))}
      <AddPart />
      <OtherIssues />
      {own.map((channel) => (
        <OptionsOf key={channel.id} channel={channel} />
      ))}
    </>
  );
}

/** One element for all time, so that the tabs around it need not be drawn with it. */
const OPEN = <Open />;
