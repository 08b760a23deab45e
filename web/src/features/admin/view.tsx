// SPDX-License-Identifier: AGPL-3.0-or-later
import { t } from "../../lib/i18n";
import { go } from "../../router";
import { Select } from "../../ui/field";
import { Frame } from "../shell/view";
import { RolesSection, SessionsSection, TokensSection } from "./access";
import { ApprovalsSection, AskDialog } from "./approvals";
import { AuditSection } from "./audit";
import { GroupsSection } from "./groups";
import { KeysSection } from "./keys";
import { PeopleSection } from "./people";
import { OwnSection } from "./own";
import { SignInSection } from "./sign_in";
import { section, shown } from "./state";
import { IntegritySection, JobsSection, StorageSection } from "./machine";
import "./admin.css";

export function AdminRoom() {
  const now = section.value;
  const name = shown.value.find((one) => one.id === now)?.name ?? "room.admin";
  return (
    <Frame crumbs={[{ text: t("room.admin"), href: "/admin" }, { text: t(name) }]}>
      <div class="admin">
        <nav class="admin-nav" aria-label={t("admin.sections")}>
          <ul>{shown.value.map((one) => <li key={one.id}><a href={`/admin/${one.id}`} aria-current={one.id === now ? "page" : undefined}>{t(one.name)}</a></li>)}</ul>
          <Select label={t("admin.sections")} hidden value={now ?? ""} onPick={(id) => go(`/admin/${id}`)} options={shown.value.map((one) => ({ value: one.id, text: t(one.name) }))} />
        </nav>
        <div class="admin-body">
          {now === "people" && <PeopleSection />}
          {now === "groups" && <GroupsSection />}
          {now === "roles" && <RolesSection />}
          {now === "approvals" && <ApprovalsSection />}
          {now === "tokens" && <TokensSection />}
          {now === "sessions" && <SessionsSection />}
          {now === "signin" && <SignInSection />}
          {now === "own" && <OwnSection />}
          {now === "audit" && <AuditSection />}
          {now === "keys" && <KeysSection />}
          {now === "integrity" && <IntegritySection />}
          {now === "storage" && <StorageSection />}
          {now === "jobs" && <JobsSection />}
          <AskDialog />
        </div>
      </div>
    </Frame>
  );
}
