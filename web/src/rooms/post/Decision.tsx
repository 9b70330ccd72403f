import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelBody, PostBody, PublicationBody, StoryBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { Button } from '@/design/Button';
import { Radio, RadioGroup } from '@/design/Choice';
import { ProblemNote } from '@/design/ErrorState';
import { TextField } from '@/design/Field';
import { Form } from '@/design/Form';
import { ButtonLink } from '@/design/Link';
import { toast } from '@/design/Toast';
import { HelpLink } from '@/parts/HelpLink';
import { changeAndSend, decide, reschedule } from './acts';
import { Evidence } from './Evidence';
import { Mend, mends } from './Mend';
import { isEditable, isMovable } from './model/summary';
import { TextFields, useTexts } from './TextFields';
import { TimeFields, useTime } from './TimeFields';
import { useAct } from './useAct';

interface Props {
  post: PostBody;
  publication: PublicationBody;
  channel: ChannelBody | undefined;
  story: StoryBody | undefined;
  /** What happened, in words. */
  said: ReactNode;
}

type Choice = 'is_live' | 'send' | 'change' | 'another' | 'drop';

/** Which ways out there are. The first is what most people want, and is never one that could publish twice. */
function choicesFor(publication: PublicationBody, canChange: boolean): Choice[] {
  const another: Choice[] = isMovable(publication) ? ['another'] : [];
  if (publication.state === 'needs_eyes') return ['is_live', 'send', 'drop'];
  const change: Choice[] = canChange ? ['change'] : [];
  return ['send', ...change, ...another, 'drop'];
}

/** What a person has to decide, with what is known, and what each answer leads to before it is given. */
export function Decision({ post, publication, channel, story, said }: Props) {
  const { t } = useTranslation('post');
  const isDoubt = publication.state === 'needs_eyes';
  const mayWrite = useMay('posts:write');
  const title = () => {
    if (isDoubt) return t('decision.doubt');
    if (publication.state === 'missed') return t('decision.missed');
    return mends(publication, channel) ? t('decision.orDecide') : t('decision.whatNow');
  };
  return (
    <div className="flex flex-col gap-4 rounded-control border-l-3 border-state-needs bg-sunken p-4">
      {said}
      {isDoubt && story && <Evidence post={post} publication={publication} channel={channel} story={story.story} />}
      {publication.state === 'parked' && <Mend publication={publication} channel={channel} />}
      {publication.state === 'failed' && mayWrite && isEditable(post) && (
        <div className="flex flex-wrap items-center gap-2">
          <p>{t('decision.editFirst')}</p>
          <ButtonLink small icon="draft" to="/compose/{-$post}" params={{ post: post.id }}>
            {t('acts.edit')}
          </ButtonLink>
        </div>
      )}
      <Choose post={post} publication={publication} title={title()} />
      <HelpLink page="failures">{t('decision.help')}</HelpLink>
    </div>
  );
}

function Choose({ post, publication, title }: Omit<Props, 'channel' | 'story' | 'said'> & { title: string }) {
  const { t } = useTranslation('post');
  const { act, isPending, problem } = useAct();
  const time = useTime();
  const mayWrite = useMay('posts:write');
  // Where nothing is live the composer has more to offer; otherwise this channel can still say something else.
  const canChange = publication.state === 'failed' && publication.parts_live === 0 && mayWrite && !isEditable(post);
  const choices = choicesFor(publication, canChange);
  const texts = useTexts(post, publication);
  const isDoubt = publication.state === 'needs_eyes';
  const [choice, choose] = useState<Choice | undefined>();
  const [url, setUrl] = useState('');
  const hasRest = publication.parts > publication.parts_live + 1;

  function carryOut(): Promise<unknown> {
    if (choice === 'another') return reschedule(post, [publication.channel], time.schedule);
    if (choice === 'change') return changeAndSend(post, publication, texts.parts);
    return decide(
      publication.id,
      choice as Exclude<Choice, 'another' | 'change'>,
      choice === 'is_live' ? url.trim() : undefined,
    );
  }

  const hints: Record<Choice, string> = {
    is_live: hasRest ? t('choice.isLiveThread') : t('choice.isLiveHint'),
    send: isDoubt
      ? t('choice.sendDoubt')
      : publication.parts_live > 0
        ? t('choice.sendRest', { live: publication.parts_live, count: publication.parts })
        : t('choice.sendHint'),
    change: t('choice.changeHint'),
    another: t('choice.anotherHint'),
    drop: publication.parts_live > 0 ? t('choice.dropRest') : t('choice.dropHint'),
  };
  const isReady =
    choice !== undefined && (choice !== 'is_live' || url.trim() !== '') && (choice !== 'another' || time.isGood);
  return (
    <Form
      validationErrors={problem?.fields ?? {}}
      className="flex flex-col items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) void act(carryOut, () => toast({ title: t(`choice.done.${choice}`) }));
      }}
    >
      <RadioGroup label={title} value={choice ?? ''} onChange={(value) => choose(choices.find((one) => one === value))}>
        {choices.map((one) => (
          <Radio key={one} value={one} hint={hints[one]}>
            {t(`choice.${one}`)}
          </Radio>
        ))}
      </RadioGroup>
      {choice === 'is_live' && (
        <TextField
          label={t('choice.address')}
          hint={t('choice.addressHint')}
          type="url"
          inputMode="url"
          value={url}
          onChange={setUrl}
          isRequired
          name="url"
          className="w-full max-w-lg"
          autoComplete="off"
        />
      )}
      {choice === 'change' && <TextFields texts={texts} />}
      {choice === 'another' && <TimeFields time={time} />}
      {problem && <ProblemNote problem={problem} isLive={isDoubt ? 'in-doubt' : 'not-live'} />}
      <Button type="submit" look="solid" isDisabled={!isReady} isPending={isPending}>
        {choice ? t(`choice.button.${choice}`) : t('choice.button.none')}
      </Button>
    </Form>
  );
}
