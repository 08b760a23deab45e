// SPDX-License-Identifier: AGPL-3.0-or-later
// Which room is shown for which address.
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "./lib/i18n";
import { ended, rights, where } from "./features/session/state";
import { ClosedPage, SignInPage } from "./features/session/view";
import { Frame } from "./features/shell/view";
import { rooms } from "./features/shell/rooms";
import { has } from "./lib/rights";
import { SearchRoom } from "./features/search/view";
import { ConversationRoom } from "./features/conversation/view";
import { go, steps } from "./router";
import { Title } from "./ui/page";
import { Bones, Empty, Failed } from "./ui/state";
import { Problem } from "./api/problem";

// A room that is not needed at the first sight is fetched when it is opened.
function later(load: () => Promise<ComponentType>): () => preact.JSX.Element {
  let loaded: ComponentType | undefined;
  return function Later() {
    const turn = useSignal(0);
    const failed = useSignal(false);
    useEffect(() => {
      if (!loaded) load().then((room) => { loaded = room; turn.value++; }, () => (failed.value = true));
    }, []);
    if (failed.value) return <Failed problem={new Problem(0, { code: "offline" })} retry={() => location.reload()} />;
    const Room = turn.value >= 0 ? loaded : undefined;
    return Room ? <Room /> : <Bones />;
  };
}

const Start = later(() => import("./features/start/view").then((m) => m.StartPage));
const Join = later(() => import("./features/start/join").then((m) => m.JoinPage));
const Clients = later(() => import("./features/client/view").then((m) => m.ClientsRoom));
const Client = later(() => import("./features/client/view").then((m) => m.ClientRoom));
const Sources = later(() => import("./features/sources/view").then((m) => m.SourcesRoom));
const Admin = later(() => import("./features/admin/view").then((m) => m.AdminRoom));
const Settings = later(() => import("./features/settings/view").then((m) => m.SettingsRoom));
const MessagePage = later(() => import("./features/conversation/message").then((m) => m.MessagePage));

function Nowhere() {
  return (
    <Frame crumbs={[{ text: t("nowhere.title") }]}>
      <Title text={t("nowhere.title")} />
      <Empty title={t("nowhere.text")} action={<a class="btn" href="/search">{t("nowhere.go")}</a>} />
    </Frame>
  );
}

function Home() {
  const first = rooms.find((room) => has(rights.value, ...room.rights));
  useEffect(() => go(first?.href ?? "/settings", { replace: true, quiet: true }), []);
  return <Bones />;
}

function Room() {
  switch (steps.value[0] ?? "") {
    case "": return <Home />;
    case "search": return <SearchRoom />;
    case "conversation": return <ConversationRoom key={steps.value[1]} />;
    case "message": return <MessagePage />;
    case "clients": return <Clients />;
    case "client": return <Client />;
    case "sources": return <Sources />;
    case "admin": return <Admin />;
    case "settings": return <Settings />;
    default: return <Nowhere />;
  }
}

export function App() {
  const [first = ""] = steps.value;
  if (first === "start") return <Start />;
  if (first === "join") return <Join />;
  const out = where.value === "out";
  switch (where.value) {
    case "starting": case "setup": return <Bones />;
    case "locked": return <ClosedPage kind="locked" />;
    case "unreachable": return <ClosedPage kind="unreachable" />;
    case "out": case "in": break;
  }
  // A session that ended by itself leaves the room as it is, out of sight, so that what was typed is there after the sign-in.
  return (
    <>
      <div class="room" hidden={out}>{(!out || ended.value) && <Room />}</div>
      {out && <SignInPage />}
    </>
  );
}
