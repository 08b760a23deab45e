// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/whatsapp/phrases.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "capture/chat/chat.hpp"

namespace letopis::capture::whatsapp {
namespace {

// Contained in the line. The more telling phrases stand before the shorter ones.
constexpr Phrase system_phrases[] = {
    {"en", "end-to-end encrypt", "encryption_notice"},
    {"ru", "сквозным шифрованием", "encryption_notice"},
    {"ru", "сквозное шифрование", "encryption_notice"},
    {"de", "Ende-zu-Ende-verschlüsselt", "encryption_notice"},
    {"de", "Ende-zu-Ende-Verschlüsselung", "encryption_notice"},
    {"es", "de extremo a extremo", "encryption_notice"},
    {"fr", "de bout en bout", "encryption_notice"},
    {"pt", "de ponta a ponta", "encryption_notice"},
    {"pt", "encriptadas ponta a ponta", "encryption_notice"},
    {"it", "crittografati end-to-end", "encryption_notice"},
    {"it", "crittografia end-to-end", "encryption_notice"},
    {"en", "security code", "security_code_changed"},
    {"ru", "код безопасности", "security_code_changed"},
    {"ru", "Код безопасности", "security_code_changed"},
    {"de", "Sicherheitsnummer", "security_code_changed"},
    {"de", "Sicherheitscode", "security_code_changed"},
    {"es", "código de seguridad", "security_code_changed"},
    {"fr", "code de sécurité", "security_code_changed"},
    {"pt", "código de segurança", "security_code_changed"},
    {"it", "codice di sicurezza", "security_code_changed"},
    {"en", "Missed voice call", "missed_call"},
    {"en", "Missed video call", "missed_call"},
    {"en", "Missed group v", "missed_call"},
    {"ru", "Пропущенный аудиозвонок", "missed_call"},
    {"ru", "Пропущенный видеозвонок", "missed_call"},
    {"ru", "Пропущенный групповой", "missed_call"},
    {"ru", "Пропущенный звонок", "missed_call"},
    {"de", "Verpasster Sprachanruf", "missed_call"},
    {"de", "Verpasster Videoanruf", "missed_call"},
    {"es", "Llamada perdida", "missed_call"},
    {"es", "Videollamada perdida", "missed_call"},
    {"fr", "Appel vocal manqué", "missed_call"},
    {"fr", "Appel vidéo manqué", "missed_call"},
    {"pt", "Ligação de voz perdida", "missed_call"},
    {"pt", "Ligação de vídeo perdida", "missed_call"},
    {"pt", "Chamada de voz perdida", "missed_call"},
    {"it", "Chiamata persa", "missed_call"},
    {"it", "Videochiamata persa", "missed_call"},
    {"it", "Chiamata vocale persa", "missed_call"},
    {"en", "started a call", "phone_call"},
    {"en", "started a video call", "phone_call"},
    {"en", "changed the subject", "subject_changed"},
    {"en", "changed the group name", "subject_changed"},
    {"ru", "тему группы", "subject_changed"},
    {"ru", "название группы", "subject_changed"},
    {"ru", "изменил(а) тему", "subject_changed"},
    {"ru", "изменил(-а) тему", "subject_changed"},
    {"de", "den Betreff", "subject_changed"},
    {"de", "Gruppennamen", "subject_changed"},
    {"es", "cambió el asunto", "subject_changed"},
    {"es", "cambió el nombre del grupo", "subject_changed"},
    {"fr", "changé le sujet", "subject_changed"},
    {"fr", "le nom du groupe", "subject_changed"},
    {"pt", "mudou o assunto", "subject_changed"},
    {"pt", "alterou o assunto", "subject_changed"},
    {"pt", "mudou o nome do grupo", "subject_changed"},
    {"it", "cambiato l'oggetto", "subject_changed"},
    {"it", "nome del gruppo", "subject_changed"},
    {"en", "group's icon", "icon_changed"},
    {"en", "the group icon", "icon_changed"},
    {"ru", "иконку группы", "icon_changed"},
    {"ru", "картинку группы", "icon_changed"},
    {"ru", "изображение группы", "icon_changed"},
    {"de", "Gruppenbild", "icon_changed"},
    {"de", "Gruppensymbol", "icon_changed"},
    {"es", "la foto del grupo", "icon_changed"},
    {"es", "ícono de este grupo", "icon_changed"},
    {"es", "ícono del grupo", "icon_changed"},
    {"fr", "l'icône", "icon_changed"},
    {"pt", "imagem do grupo", "icon_changed"},
    {"it", "immagine del gruppo", "icon_changed"},
    {"en", "group description", "description_changed"},
    {"ru", "описание группы", "description_changed"},
    {"de", "Gruppenbeschreibung", "description_changed"},
    {"es", "descripción del grupo", "description_changed"},
    {"fr", "description du groupe", "description_changed"},
    {"pt", "descrição do grupo", "description_changed"},
    {"it", "descrizione del gruppo", "description_changed"},
    {"en", "group's settings", "settings_changed"},
    {"ru", "настройки группы", "settings_changed"},
    {"de", "Gruppeneinstellungen", "settings_changed"},
    {"en", "disappearing message", "timer_changed"},
    {"en", "message timer", "timer_changed"},
    {"ru", "исчезающ", "timer_changed"},
    {"ru", "таймер сообщений", "timer_changed"},
    {"de", "selbstlöschende", "timer_changed"},
    {"es", "mensajes temporales", "timer_changed"},
    {"fr", "messages éphémères", "timer_changed"},
    {"pt", "mensagens temporárias", "timer_changed"},
    {"it", "messaggi effimeri", "timer_changed"},
    {"en", "changed their phone number", "number_changed"},
    {"en", "changed to +", "number_changed"},
    {"en", "new phone number", "number_changed"},
    {"en", "changed from +", "number_changed"},
    {"ru", "номер телефона", "number_changed"},
    {"ru", "новый номер", "number_changed"},
    {"ru", "сменил(а) номер", "number_changed"},
    {"de", "Telefonnummer", "number_changed"},
    {"es", "cambió su número", "number_changed"},
    {"fr", "numéro de téléphone", "number_changed"},
    {"pt", "mudou para +", "number_changed"},
    {"it", "nuovo numero", "number_changed"},
    {"en", "an admin", "admin_changed"},
    {"ru", "администратор", "admin_changed"},
    {"de", "Admin", "admin_changed"},
    {"es", "administrador", "admin_changed"},
    {"it", "amministratore", "admin_changed"},
    {"en", "pinned a message", "pinned"},
    {"ru", "закрепил", "pinned"},
    {"de", "angeheftet", "pinned"},
    {"es", "fijó un mensaje", "pinned"},
    {"fr", "épinglé", "pinned"},
    {"pt", "fixou", "pinned"},
    {"it", "fissato", "pinned"},
    {"en", "joined using", "joined"},
    {"en", "joined from", "joined"},
    {"ru", "присоединил", "joined"},
    {"ru", "вступил", "joined"},
    {"de", "beigetreten", "joined"},
    {"es", "se unió", "joined"},
    {"fr", "a rejoint", "joined"},
    {"pt", "entrou usando", "joined"},
    {"it", "si è unito", "joined"},
    {"en", "created group", "created"},
    {"en", "created this group", "created"},
    {"en", "created the group", "created"},
    {"ru", "создал(а) группу", "created"},
    {"ru", "создали группу", "created"},
    {"ru", "создал группу", "created"},
    {"ru", "создала группу", "created"},
    {"ru", "создал(-а) группу", "created"},
    {"de", "Gruppe erstellt", "created"},
    {"de", "erstellt", "created"},
    {"es", "creó el grupo", "created"},
    {"es", "creó este grupo", "created"},
    {"fr", "a créé", "created"},
    {"pt", "criou o grupo", "created"},
    {"pt", "criou este grupo", "created"},
    {"it", "ha creato", "created"},
    {"en", " added ", "added"},
    {"en", "were added", "added"},
    {"en", "was added", "added"},
    {"ru", "добавил", "added"},
    {"ru", "добавлен", "added"},
    {"de", "hinzugefügt", "added"},
    {"es", "añadió", "added"},
    {"es", "agregó", "added"},
    {"fr", "ajouté", "added"},
    {"pt", "adicionou", "added"},
    {"it", "aggiunto", "added"},
    {"en", " removed ", "removed"},
    {"en", "were removed", "removed"},
    {"ru", "исключил", "removed"},
    {"ru", "удалил", "removed"},
    {"de", "entfernt", "removed"},
    {"es", "eliminó", "removed"},
    {"es", "expulsó", "removed"},
    {"fr", "retiré", "removed"},
    {"pt", "removeu", "removed"},
    {"it", "rimosso", "removed"},
    {"en", " left", "left"},
    {"ru", "вышел", "left"},
    {"ru", "вышла", "left"},
    {"ru", "покинул", "left"},
    {"de", "verlassen", "left"},
    {"es", "salió", "left"},
    {"fr", "a quitté", "left"},
    {"pt", "saiu", "left"},
    {"it", "abbandonato", "left"},
    {"it", "è uscito", "left"},
    {"en", "blocked", "blocked"},
    {"ru", "заблокировал", "blocked"},
    {"de", "blockiert", "blocked"},
    {"es", "bloqueaste", "blocked"},
    {"fr", "bloqué", "blocked"},
    {"pt", "bloqueou", "blocked"},
    {"it", "bloccato", "blocked"},
    {"en", "business account", "business_notice"},
    {"en", "is a contact", "contact_notice"},
    {"en", "in your contacts", "contact_notice"},
    {"ru", "бизнес-аккаунт", "business_notice"},
    {"ru", "аккаунт компании", "business_notice"},
    {"de", "Unternehmenskonto", "business_notice"},
};

// At the start of the body, behind an author.
constexpr Phrase authored_phrases[] = {
    {"en", "Messages and calls are end-to-end encrypted", "encryption_notice"},
    {"en", "Messages to this chat and calls are now secured", "encryption_notice"},
    {"en", "Messages you send to this", "encryption_notice"},
    {"ru", "Сообщения и звонки защищены", "encryption_notice"},
    {"ru", "Сообщения и звонки теперь защищены", "encryption_notice"},
    {"ru", "Сообщения в этом чате", "encryption_notice"},
    {"de", "Nachrichten und Anrufe sind Ende-zu-Ende", "encryption_notice"},
    {"es", "Los mensajes y las llamadas están cifrados", "encryption_notice"},
    {"fr", "Les messages et les appels sont chiffrés", "encryption_notice"},
    {"pt", "As mensagens e as chamadas são protegidas", "encryption_notice"},
    {"pt", "As mensagens e as ligações são protegidas", "encryption_notice"},
    {"it", "I messaggi e le chiamate sono crittografati", "encryption_notice"},
    {"en", "Missed voice call", "missed_call"},
    {"en", "Missed video call", "missed_call"},
    {"en", "Missed group voice call", "missed_call"},
    {"en", "Missed group video call", "missed_call"},
    {"ru", "Пропущенный аудиозвонок", "missed_call"},
    {"ru", "Пропущенный видеозвонок", "missed_call"},
    {"ru", "Пропущенный групповой", "missed_call"},
    {"ru", "Пропущенный звонок", "missed_call"},
    {"de", "Verpasster Sprachanruf", "missed_call"},
    {"de", "Verpasster Videoanruf", "missed_call"},
    {"es", "Llamada perdida", "missed_call"},
    {"es", "Videollamada perdida", "missed_call"},
    {"fr", "Appel vocal manqué", "missed_call"},
    {"fr", "Appel vidéo manqué", "missed_call"},
    {"pt", "Ligação de voz perdida", "missed_call"},
    {"pt", "Ligação de vídeo perdida", "missed_call"},
    {"pt", "Chamada de voz perdida", "missed_call"},
    {"it", "Chiamata persa", "missed_call"},
    {"it", "Videochiamata persa", "missed_call"},
};

constexpr Phrase deleted_phrases[] = {
    {"en", "This message was deleted", ""},
    {"en", "You deleted this message", ""},
    {"ru", "Данное сообщение удалено", ""},
    {"ru", "Вы удалили данное сообщение", ""},
    {"ru", "Это сообщение удалено", ""},
    {"ru", "Сообщение удалено", ""},
    {"ru", "Вы удалили это сообщение", ""},
    {"de", "Diese Nachricht wurde gelöscht", ""},
    {"de", "Du hast diese Nachricht gelöscht", ""},
    {"es", "Se eliminó este mensaje", ""},
    {"es", "Eliminaste este mensaje", ""},
    {"fr", "Ce message a été supprimé", ""},
    {"fr", "Vous avez supprimé ce message", ""},
    {"pt", "Mensagem apagada", ""},
    {"pt", "Esta mensagem foi apagada", ""},
    {"pt", "Você apagou esta mensagem", ""},
    {"it", "Questo messaggio è stato eliminato", ""},
    {"it", "Hai eliminato questo messaggio", ""},
};

constexpr Phrase edited_phrases[] = {
    {"en", "<This message was edited>", ""},
    {"ru", "<Сообщение изменено>", ""},
    {"ru", "<Данное сообщение изменено>", ""},
    {"de", "<Diese Nachricht wurde bearbeitet.>", ""},
    {"de", "<Diese Nachricht wurde bearbeitet>", ""},
    {"es", "<Se editó este mensaje.>", ""},
    {"es", "<Se editó este mensaje>", ""},
    {"fr", "<Ce message a été modifié>", ""},
    {"pt", "<Mensagem editada>", ""},
    {"pt", "<Esta mensagem foi editada>", ""},
    {"it", "<Questo messaggio è stato modificato>", ""},
};

// Behind a file's name, at the end of the line (Android).
constexpr Phrase attached_behind[] = {
    {"en", "(file attached)", ""},
    {"ru", "(файл добавлен)", ""},
    {"ru", "(файл прикреплен)", ""},
    {"ru", "(файл прикреплён)", ""},
    {"de", "(Datei angehängt)", ""},
    {"es", "(archivo adjunto)", ""},
    {"fr", "(fichier joint)", ""},
    {"pt", "(arquivo anexado)", ""},
    {"pt", "(ficheiro anexado)", ""},
    {"it", "(file allegato)", ""},
};

// In front of a file's name, inside '<' and '>' (iOS).
constexpr Phrase attached_before[] = {
    {"en", "attached", ""},
    {"ru", "прикреплено", ""},
    {"ru", "вложено", ""},
    {"de", "Anhang", ""},
    {"es", "adjunto", ""},
    {"fr", "pièce jointe", ""},
    {"pt", "anexado", ""},
    {"pt", "anexo", ""},
    {"it", "allegato", ""},
};

// The whole line, or its end behind " • " (a document's name and pages). The meaning is the type.
constexpr Phrase omitted_phrases[] = {
    {"en", "<Media omitted>", ""},
    {"ru", "<Без медиафайлов>", ""},
    {"ru", "<Файл пропущен>", ""},
    {"ru", "<Медиа скрыто>", ""},
    {"ru", "<Медиа отсутствует>", ""},
    {"ru", "<Медиафайл пропущен>", ""},
    {"de", "<Medien ausgeschlossen>", ""},
    {"de", "<Medien weggelassen>", ""},
    {"es", "<Multimedia omitido>", ""},
    {"es", "<Archivo omitido>", ""},
    {"fr", "<Médias omis>", ""},
    {"fr", "<Fichier omis>", ""},
    {"pt", "<Mídia oculta>", ""},
    {"pt", "<Arquivo de mídia oculto>", ""},
    {"pt", "<Ficheiro não revelado>", ""},
    {"it", "<Media omessi>", ""},
    {"en", "<View once voice message omitted>", "audio/"},
    {"en", "image omitted", "image/"},
    {"en", "video omitted", "video/"},
    {"en", "video note omitted", "video/"},
    {"en", "audio omitted", "audio/"},
    {"en", "document omitted", ""},
    {"en", "sticker omitted", "image/"},
    {"en", "GIF omitted", "video/"},
    {"en", "Contact card omitted", "text/vcard"},
    {"ru", "изображение отсутствует", "image/"},
    {"ru", "изображение опущено", "image/"},
    {"ru", "видео отсутствует", "video/"},
    {"ru", "видео опущено", "video/"},
    {"ru", "видеозаметка опущена", "video/"},
    {"ru", "видеозаметка отсутствует", "video/"},
    {"ru", "аудиофайл отсутствует", "audio/"},
    {"ru", "аудио отсутствует", "audio/"},
    {"ru", "документ отсутствует", ""},
    {"ru", "документ опущен", ""},
    {"ru", "стикер отсутствует", "image/"},
    {"ru", "стикер опущен", "image/"},
    {"ru", "GIF отсутствует", "video/"},
    {"ru", "карточка контакта отсутствует", "text/vcard"},
    {"ru", "Карточка контакта отсутствует", "text/vcard"},
    {"de", "Bild weggelassen", "image/"},
    {"de", "Video weggelassen", "video/"},
    {"de", "Audio weggelassen", "audio/"},
    {"de", "Dokument weggelassen", ""},
    {"de", "Sticker weggelassen", "image/"},
    {"de", "GIF weggelassen", "video/"},
    {"de", "Kontaktkarte ausgelassen", "text/vcard"},
    {"es", "imagen omitida", "image/"},
    {"es", "video omitido", "video/"},
    {"es", "Video omitido", "video/"},
    {"es", "audio omitido", "audio/"},
    {"es", "documento omitido", ""},
    {"es", "sticker omitido", "image/"},
    {"es", "GIF omitido", "video/"},
    {"es", "Tarjeta de contacto omitida", "text/vcard"},
    {"fr", "image absente", "image/"},
    {"fr", "vidéo absente", "video/"},
    {"fr", "audio omis", "audio/"},
    {"fr", "document manquant", ""},
    {"fr", "sticker omis", "image/"},
    {"fr", "GIF retiré", "video/"},
    {"pt", "imagem ocultada", "image/"},
    {"pt", "vídeo omitido", "video/"},
    {"pt", "áudio ocultado", "audio/"},
    {"pt", "figurinha omitida", "image/"},
    {"it", "immagine omessa", "image/"},
    {"it", "video omesso", "video/"},
    {"it", "audio omesso", "audio/"},
    {"it", "documento omesso", ""},
    {"it", "sticker non incluso", "image/"},
    {"it", "GIF esclusa", "video/"},
};

bool digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "IMG-20240323-WA0001.jpg": Android's own names, whatever the words around them.
bool android_name(std::string_view name) {
    return name.size() > 19 && name.size() < 40 && name[3] == '-' && digits(name.substr(4, 8)) &&
           name.substr(12, 3) == "-WA" && digits(name.substr(15, 4)) && name[19] == '.';
}
// "00000012-PHOTO-2024-03-22-14-37-44.jpg": iOS's.
bool ios_name(std::string_view name) {
    return name.size() > 14 && digits(name.substr(0, 8)) && name[8] == '-' &&
           name.find('.') != std::string_view::npos;
}
bool file_name(std::string_view name) {
    const auto dot = name.rfind('.');
    return name.size() <= 255 && dot != std::string_view::npos && dot > 0 &&
           name.size() - dot >= 2 && name.size() - dot <= 12 &&
           name.find_first_of("/\\<>\n") == std::string_view::npos;
}

std::string trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

std::optional<Media> android_media(std::string_view line) {
    if (!line.ends_with(')')) return std::nullopt;
    for (const auto& phrase : attached_behind) {
        if (!line.ends_with(phrase.words)) continue;
        auto name = trimmed(line.substr(0, line.size() - phrase.words.size()));
        if (!file_name(name)) return std::nullopt;
        return Media{.name = std::move(name), .phrase = &phrase};
    }
    const auto bracket = line.rfind(" (");
    if (bracket == std::string_view::npos || !android_name(line.substr(0, bracket)))
        return std::nullopt;
    return Media{.name = std::string(line.substr(0, bracket))};
}

std::optional<Media> ios_media(std::string_view line) {
    if (!line.ends_with('>')) return std::nullopt;
    const auto begin = line.rfind('<');
    if (begin == std::string_view::npos) return std::nullopt;
    const auto inside = line.substr(begin + 1, line.size() - begin - 2);
    const auto colon = inside.find(':');
    if (colon == std::string_view::npos || colon > 40) return std::nullopt;
    auto name = trimmed(inside.substr(colon + 1));
    if (!file_name(name)) return std::nullopt;
    Media media{.name = std::move(name), .before = trimmed(line.substr(0, begin))};
    const auto word = trimmed(inside.substr(0, colon));
    for (const auto& phrase : attached_before)
        if (word == phrase.words) media.phrase = &phrase;
    if (!media.phrase && !ios_name(media.name)) return std::nullopt;
    return media;
}

std::optional<Media> omitted_media(std::string_view line) {
    for (const auto& phrase : omitted_phrases) {
        if (!line.ends_with(phrase.words)) continue;
        const auto before = line.substr(0, line.size() - phrase.words.size());
        if (before.empty())
            return Media{.missing = "not included", .type = phrase.meaning, .phrase = &phrase};
        // "договор.pdf • 3 страницы документ отсутствует"
        const auto dot = before.find(" • ");
        if (dot != std::string_view::npos && file_name(before.substr(0, dot)))
            return Media{.name = std::string(before.substr(0, dot)),
                         .missing = "not included",
                         .phrase = &phrase};
    }
    return std::nullopt;
}

const Phrase* whole(std::span<const Phrase> phrases, std::string_view body) {
    if (body.ends_with('.')) body.remove_suffix(1);
    for (const auto& phrase : phrases)
        if (body == phrase.words) return &phrase;
    return nullptr;
}

}  // namespace

const Phrase* system_phrase(std::string_view line) {
    line = line.substr(0, 1000);
    for (const auto& phrase : system_phrases)
        if (line.find(phrase.words) != std::string_view::npos) return &phrase;
    return nullptr;
}

const Phrase* authored_phrase(std::string_view body) {
    for (const auto& phrase : authored_phrases)
        if (body.starts_with(phrase.words)) return &phrase;
    return nullptr;
}

const Phrase* deleted_phrase(std::string_view body) {
    if (body.size() > 100) return nullptr;
    if (body.starts_with("This message was deleted by admin")) return &deleted_phrases[0];
    return whole(deleted_phrases, body);
}

std::size_t edited_suffix(std::string_view body, const Phrase** found) {
    if (!body.ends_with('>')) return 0;
    for (const auto& phrase : edited_phrases)
        if (body.ends_with(phrase.words)) {
            if (found) *found = &phrase;
            return phrase.words.size();
        }
    return 0;
}

bool may_name_file(std::string_view line) {
    // Direction marks may stand behind it; their last bytes are not ASCII.
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ' ||
                             static_cast<unsigned char>(line.back()) >= 0x80))
        line.remove_suffix(1);
    return line.ends_with(')') || line.ends_with('>');
}

std::optional<Media> media_line(std::string_view line) {
    if (line.empty() || line.size() > 1000) return std::nullopt;
    if (auto media = android_media(line)) return media;
    if (auto media = ios_media(line)) return media;
    return omitted_media(line);
}

std::optional<std::string> title_in(std::string_view path) {
    static constexpr std::array<std::string_view, 13> beginnings{"WhatsApp Chat with ",
                                                                 "WhatsApp Chat - ",
                                                                 "Чат WhatsApp с контактом ",
                                                                 "Чат WhatsApp с ",
                                                                 "Чат WhatsApp - ",
                                                                 "WhatsApp Chat mit ",
                                                                 "WhatsApp-Chat mit ",
                                                                 "Chat de WhatsApp con ",
                                                                 "Discussion WhatsApp avec ",
                                                                 "Conversa do WhatsApp com ",
                                                                 "Conversa WhatsApp com ",
                                                                 "Chat WhatsApp con ",
                                                                 "Conversation WhatsApp avec "};
    // The text itself, or the archive or folder that holds it.
    while (!path.empty()) {
        const auto slash = path.find_last_of('/');
        auto part = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
        path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
        for (const std::string_view ending : {".txt", ".zip"})
            if (part.ends_with(ending)) part.remove_suffix(ending.size());
        std::string name(part);
        // Some systems write every blank as '_'.
        if (name.find(' ') == std::string::npos) std::replace(name.begin(), name.end(), '_', ' ');
        for (const auto beginning : beginnings) {
            if (!name.starts_with(beginning) || name.size() == beginning.size()) continue;
            auto title = trimmed(std::string_view(name).substr(beginning.size()));
            if (!title.empty() && chat::valid_utf8(title)) return title;
        }
    }
    return std::nullopt;
}

}  // namespace letopis::capture::whatsapp
