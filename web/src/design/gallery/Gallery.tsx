import { type ReactNode, useState } from 'react';
import { asProblem, Problem } from '@/api/problem';
import { Avatar } from '../Avatar';
import { Badge, STATE_NAMES, StateBadge } from '../Badge';
import { Button, IconButton } from '../Button';
import { Card, Section } from '../Card';
import { Checkbox, Radio, RadioGroup, Switch } from '../Choice';
import { CopyField } from '../CopyField';
import { ConfirmDialog, Dialog, DialogTrigger, Popover } from '../Dialog';
import { EmptyState } from '../EmptyState';
import { ErrorState, Forbidden, ProblemNote } from '../ErrorState';
import { TextArea, TextField } from '../Field';
import { ICONS, Icon } from '../Icon';
import { Kbd } from '../Kbd';
import { ExternalLink, Link } from '../Link';
import { Menu, MenuItem, MenuLine, MenuSection, MenuTrigger } from '../Menu';
import { NameMark } from '../NameMark';
import { Page, PageHeader } from '../PageHeader';
import { SearchField } from '../SearchField';
import { Segmented } from '../Segmented';
import { Option, Select } from '../Select';
import { Skeleton } from '../Skeleton';
import { Cell, List, ListRow, Row, Table } from '../Table';
import { Tab, TabList, TabPanel, Tabs } from '../Tabs';
import { Toasts, toast } from '../Toast';
import { When } from '../When';
import { ZonePicker } from '../ZonePicker';

/**
 * Every component in its states, by day and by night, for people who build rooms: `npm run dev`, then `/design`. It is in
 * no build, so its words are in no catalogue.
 */
export function Gallery() {
  return (
    <div className="grid md:grid-cols-2">
      {['theme-light', 'theme-dark'].map((theme) => (
        <div key={theme} className={`${theme} min-w-0 bg-canvas text-ink`}>
          <Page>
            <NameMark />
            <PageHeader
              title="Components"
              hint="What rooms are made of. Nothing outside design/ names a colour or a size of text."
              actions={
                <Button look="solid" icon="plus">
                  New post
                </Button>
              }
            />
            <Pressed />
            <States />
            <Typed />
            <Chosen />
            <Lists />
            <Over />
            <Nothing />
            <Signs />
          </Page>
        </div>
      ))}
      <Toasts />
    </div>
  );
}

function Line({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center gap-2.5">{children}</div>;
}

function Pressed() {
  return (
    <Section title="Button, IconButton, Link">
      <Line>
        {(['solid', 'plain', 'quiet', 'danger'] as const).map((look) => (
          <Button key={look} look={look}>
            {look}
          </Button>
        ))}
      </Line>
      <Line>
        <Button look="solid" icon="send">
          Publish
        </Button>
        <Button isPending>Saving</Button>
        <Button isDisabled>Disabled</Button>
        <Button small icon="filter">
          Small
        </Button>
        <IconButton icon="settings" label="Settings" />
        <IconButton icon="more" label="More" look="plain" />
        <Link to="/">A link</Link>
        <ExternalLink href="https://example.org/">Elsewhere</ExternalLink>
        <Kbd>g</Kbd>
      </Line>
    </Section>
  );
}

function States() {
  return (
    <Section title="StateBadge, Badge, Avatar, When">
      <Line>
        {STATE_NAMES.map((state) => (
          <StateBadge key={state} state={state} />
        ))}
      </Line>
      <Line>
        <Badge>Owner</Badge>
        <Badge tone="partly" icon="globe">
          Bluesky
        </Badge>
        <Avatar name="Lena Vos" />
        <Avatar name="Lena Vos" platform="bluesky" size="large" />
        <Avatar name="harbour" size="small" />
      </Line>
      <Line>
        <When at="2030-03-31T08:30:00Z" zone="Europe/Amsterdam" />
        <When at="2030-03-31T08:30:00Z" zone="America/Argentina/Buenos_Aires" shape="full" />
      </Line>
    </Section>
  );
}

function Typed() {
  const [zone, setZone] = useState('Europe/Amsterdam');
  return (
    <Section title="TextField, TextArea, ZonePicker, CopyField">
      <TextField label="Name" hint="As others see it." defaultValue="Harbour walks" />
      <TextField label="Password" type="password" defaultValue="correct horse" />
      <TextField label="Handle" optional placeholder="alice.example" lead={<Icon name="at" className="size-4" />} />
      <TextField
        label="E-mail address"
        defaultValue="lena"
        error="is not an e-mail address; write it like name@example.org"
      />
      <TextField label="Locked" isDisabled defaultValue="cannot be changed" />
      <TextArea label="Text" defaultValue="The old railway crossing at dawn, before the first train." />
      <ZonePicker value={zone} onChange={setZone} />
      <CopyField label="Callback address" value="https://fanfare.example/connect/x/callback" hint="Letter by letter." />
    </Section>
  );
}

function Chosen() {
  const [view, setView] = useState<'month' | 'list'>('month');
  return (
    <Section title="Select, Checkbox, Switch, Radio, Tabs">
      <Select label="Role" defaultSelectedKey="editor">
        {['owner', 'manager', 'editor'].map((role) => (
          <Option key={role} id={role}>
            {role}
          </Option>
        ))}
      </Select>
      <Line>
        <Checkbox defaultSelected>Chosen</Checkbox>
        <Checkbox>Not chosen</Checkbox>
        <Checkbox isIndeterminate>Some</Checkbox>
        <Checkbox isDisabled>Disabled</Checkbox>
      </Line>
      <Line>
        <Switch defaultSelected hint="A line about it">
          On
        </Switch>
        <Switch>Off</Switch>
      </Line>
      <RadioGroup label="Goes out" defaultValue="slot" hint="Times are in Amsterdam.">
        <Radio value="now">Now</Radio>
        <Radio value="slot" hint="Tomorrow, 09:00">
          In the next free slot
        </Radio>
      </RadioGroup>
      <SearchField label="Find posts" defaultValue="ferry" />
      <Segmented
        label="View"
        value={view}
        onChange={setView}
        options={[
          { id: 'month', words: 'Month', icon: 'calendar' },
          { id: 'list', words: 'List', icon: 'list' },
        ]}
      />
      <Tabs>
        <TabList aria-label="Channels">
          <Tab id="all">All channels</Tab>
          <Tab id="bluesky">Bluesky</Tab>
          <Tab id="x" isDisabled>
            X
          </Tab>
        </TabList>
        <TabPanel id="all">One text for all.</TabPanel>
        <TabPanel id="bluesky">Its own.</TabPanel>
      </Tabs>
    </Section>
  );
}

function Lists() {
  return (
    <Section title="List, Table, Card, Skeleton">
      <List label="Channels">
        {['Lena Vos', 'Harbour walks'].map((name) => (
          <ListRow key={name}>
            <Avatar name={name} platform="mastodon" />
            <span className="flex-1 font-medium">{name}</span>
            <StateBadge state="active" />
          </ListRow>
        ))}
      </List>
      <Table label="Keys" head={['Name', 'Last used', 'State']}>
        {['Command line', 'Website'].map((name) => (
          <Row key={name}>
            <Cell>{name}</Cell>
            <Cell>
              <When at="2030-01-01T09:00:00Z" zone="Etc/UTC" />
            </Cell>
            <Cell>
              <StateBadge state="paused" />
            </Cell>
          </Row>
        ))}
      </Table>
      <Card className="p-4">
        <Skeleton rows={2} />
      </Card>
    </Section>
  );
}

function Over() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Section title="Dialog, ConfirmDialog, Popover, Menu, Toast">
      <Line>
        <DialogTrigger>
          <Button>Dialog</Button>
          <Dialog title="A dialog" actions={(close) => <Button onPress={close}>Close</Button>}>
            In front of the page.
          </Dialog>
        </DialogTrigger>
        <Button onPress={() => setOpen(true)}>ConfirmDialog</Button>
        <ConfirmDialog
          title="Disconnect Lena Vos?"
          confirm="Disconnect"
          isOpen={isOpen}
          onOpenChange={setOpen}
          onConfirm={() => Promise.reject(REFUSED)}
        >
          Nothing goes out on it any more, and its tokens are erased.
        </ConfirmDialog>
        <DialogTrigger>
          <Button icon="filter">Popover</Button>
          <Popover label="Filter">Filters</Popover>
        </DialogTrigger>
        <MenuTrigger>
          <Button icon="more">Menu</Button>
          <Menu aria-label="Post">
            <MenuItem icon="draft">Edit</MenuItem>
            <MenuItem icon="copy" hint="d">
              Duplicate
            </MenuItem>
            <MenuLine />
            <MenuItem icon="trash" isDanger>
              Delete
            </MenuItem>
            <MenuSection title="Look" selectionMode="single" selectedKeys={['light']}>
              <MenuItem id="light">Light</MenuItem>
              <MenuItem id="dark">Dark</MenuItem>
            </MenuSection>
          </Menu>
        </MenuTrigger>
        <Button onPress={() => toast({ title: 'Scheduled', action: { label: 'Undo', onPress: () => {} } })}>
          Toast
        </Button>
        <Button onPress={() => toast({ kind: 'failed', title: 'Not saved', detail: 'No connection.' })}>
          Failed toast
        </Button>
      </Line>
    </Section>
  );
}

const REFUSED = new Problem({
  type: '/problems/too-late',
  title: 'It is too late to do this',
  status: 409,
  detail: 'The post left at 09:30.',
  remedy: '',
  request_id: 'req_Bp5oNBzUgrev',
});

function Nothing() {
  return (
    <Section title="EmptyState, ErrorState, ProblemNote, Forbidden">
      <Card>
        <EmptyState icon="calendar" title="Nothing is planned" action={<Button look="solid">Write a post</Button>}>
          What you schedule appears here.
        </EmptyState>
      </Card>
      <ErrorState problem={REFUSED} isLive="partly-live" onRetry={() => {}} />
      <ErrorState problem={asProblem(new Error('a slip'))} />
      <ProblemNote problem={REFUSED} />
      <Card>
        <Forbidden permission="channels:manage" />
      </Card>
    </Section>
  );
}

function Signs() {
  return (
    <Section title="Icon">
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(6rem,1fr))] gap-2">
        {ICONS.map((name) => (
          <li key={name} className="flex flex-col items-center gap-1 p-2 text-center text-small text-quiet">
            <Icon name={name} className="text-ink" />
            {name}
          </li>
        ))}
      </ul>
    </Section>
  );
}
