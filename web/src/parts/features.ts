import { useTranslation } from 'react-i18next';

/** The features that platforms name, in words. One that a platform invents later is shown as it is called there. */
export const KNOWN = [
  'connect',
  'publish',
  'media',
  'video',
  'read',
  'delete',
  'edit',
  'metrics',
  'quote',
  'reply_gates',
  'quote_gates',
  'replies',
  'comments',
  'read_comments',
  'likes',
  'hide_replies',
  'place',
  'business_pages',
  'hooks',
  'messages',
  'templates',
  'organizations',
] as const;

function isKnown(name: string): name is (typeof KNOWN)[number] {
  return KNOWN.some((known) => known === name);
}

export interface FeatureWords {
  /** What can be done with it. */
  does: string;
  /** What cannot be done without it. */
  without: string;
}

export function useFeatureWords(): (name: string) => FeatureWords {
  const { t } = useTranslation('connect');
  return (name) =>
    isKnown(name)
      ? { does: t(`feature.${name}.does`), without: t(`feature.${name}.without`) }
      : { does: name, without: name };
}
