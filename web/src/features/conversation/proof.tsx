// SPDX-License-Identifier: AGPL-3.0-or-later
// The badge of proof: what can be shown to a stranger, in words; asked for when somebody opens it.
import type { Proof } from "../../api/types";
import { fullTime, num } from "../../lib/format";
import { t, type Key } from "../../lib/i18n";
import { Button } from "../../ui/button";
import { Popover } from "../../ui/float";
import { Icon, type IconName } from "../../ui/icon";
import { Bones, Failed } from "../../ui/state";
import { proofs, prove } from "./state";

const looks: Record<Proof["state"], { icon: IconName; tone: string }> = {
  proven: { icon: "seal", tone: "ok" }, unsigned: { icon: "seal", tone: "plain" }, erased: { icon: "trash", tone: "warn" }, mismatch: { icon: "alert", tone: "alert" },
};

function Steps({ proof }: { proof: Proof }) {
  const step = (done: boolean, head: Key, text: string) => (
    <li class={done ? "" : "open"}><Icon name={done ? "check" : "clock"} /><span><b class="medium">{t(head)}</b> {text}</span></li>
  );
  const good = proof.state !== "mismatch";
  const signed = proof.state === "proven";
  return (
    <ol class="steps-proof">
      {step(good && proof.state !== "erased", "proof.bytes", t(good ? (proof.state === "erased" ? "proof.bytes.erased" : "proof.bytes.same") : "proof.bytes.other"))}
      {step(good, "proof.log", t("proof.log.text", { leaf: proof.leaf, size: proof.tree_size }))}
      {step(signed, "proof.root", !signed ? t("proof.root.not") : proof.signed_at ? t("proof.root.text", { time: fullTime(proof.signed_at) }) : t("proof.root.signed"))}
      {step(false, "proof.witness", t("proof.witness.not"))}
    </ol>
  );
}

function save(proof: Proof): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([proof.proof], { type: "text/plain" }));
  link.download = `letopis-${proof.record}.proof.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function ProofBadge({ message, record }: { message: number; record: number }) {
  const known = proofs.value[message];
  const proof = known?.kind === "ready" ? known.value : undefined;
  const look = proof ? looks[proof.state] : undefined;
  return (
    <Popover text={proof ? t(`proof.state.${proof.state}`) : t("proof.ask")} icon={look?.icon ?? "seal"} label={proof ? t(`proof.state.${proof.state}`) : t("proof.ask.long", { n: record })} class={`seal-button ${look?.tone ?? ""}`} onOpen={() => void prove(message)}>
      {known?.kind === "failed" ? <Failed problem={known.problem} retry={() => void prove(message)} /> : !proof ? <Bones rows={2} /> : (
        <>
          <p class="strong pop-title">{t(`proof.title.${proof.state}`)}</p>
          <p class="soft">{t("proof.record", { n: proof.record })} {proof.state === "proven" && t("proof.anywhere")}</p>
          {proof.state === "mismatch" && <p class="alert strong gap-above">{t("proof.mismatch.do", { n: num(proof.record) })}</p>}
          <Steps proof={proof} />
          <p class="xs faint mono clip" title={proof.root}>{proof.log} · {proof.root}</p>
          <div class="row wrap gap-above">
            <Button small icon="download" onClick={() => save(proof)}>{t("proof.download")}</Button>
            <Button small kind="quiet" href={`/message/m-${message}/source`}>{t("message.source")}</Button>
          </div>
        </>
      )}
    </Popover>
  );
}
