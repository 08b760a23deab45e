// SPDX-License-Identifier: AGPL-3.0-or-later
// Generated correspondence for load tests: business phrases with names, sums, dates, numbers and
// phones, 85 % Russian. The same seed gives the same bytes.
#include <fcntl.h>
#include <fmt/format.h>

#include <array>

#include "app/descriptor.hpp"
#include "cli/session.hpp"

namespace letopis::cli {

namespace {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
    std::uint64_t next() {  // splitmix64
        state_ += 0x9e3779b97f4a7c15u;
        auto z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
    // Small numbers are likelier: words follow such a law.
    std::size_t skewed(std::size_t limit) {
        const auto r = static_cast<double>(next() >> 11) / 9007199254740992.0;
        return std::min(limit - 1,
                        static_cast<std::size_t>(static_cast<double>(limit) * r * r * r));
    }
    template <class T, std::size_t N>
    const T& of(const std::array<T, N>& list) {
        return list[below(N)];
    }

private:
    std::uint64_t state_;
};

constexpr std::array<std::string_view, 28> openings = {"Добрый день!",
                                                       "Здравствуйте, коллеги.",
                                                       "Анна Сергеевна, добрый вечер!",
                                                       "Подскажите, пожалуйста,",
                                                       "Уточните, пожалуйста,",
                                                       "Хочу узнать,",
                                                       "Мы получили ваше письмо.",
                                                       "Спасибо за ответ.",
                                                       "Напоминаю про наш разговор.",
                                                       "Отправляю, как договаривались,",
                                                       "По вашему вопросу:",
                                                       "Коротко по делу:",
                                                       "Извините за задержку с ответом.",
                                                       "Просьба проверить,",
                                                       "Ещё один вопрос:",
                                                       "Вчера звонили вашему менеджеру,",
                                                       "Согласно договору,",
                                                       "Мы готовы подписать,",
                                                       "Клиент просит",
                                                       "Нужна ваша помощь:",
                                                       "Срочно!",
                                                       "Добавлю к сказанному:",
                                                       "Перенесём встречу,",
                                                       "Заказ принят.",
                                                       "Жду подтверждения:",
                                                       "Прошу выслать",
                                                       "Возвращаюсь к теме:",
                                                       "Договорились."};
constexpr std::array<std::string_view, 34> middles = {
    "когда будет доставка по заказу",
    "счёт на оплату ещё не пришёл по договору",
    "поставщик изменил условия поставки в договоре",
    "цены действуют до конца месяца по предложению",
    "монтаж окон назначен на субботу по адресу из заявки",
    "нужен акт сверки за прошлый квартал по договору",
    "предоплата поступила полностью по счёту",
    "просим сделать скидку при заказе от десяти штук по заявке",
    "накладная подписана и отправлена с водителем по заказу",
    "гарантия на изделия составляет пять лет по договору",
    "при приёмке обнаружен брак, составили акт по заказу",
    "менеджер обещал перезвонить и не перезвонил по заявке",
    "оплата прошла сегодня утром, проверьте выписку по счёту",
    "отгрузка задерживается на складе из-за инвентаризации по заказу",
    "техническое задание согласовано с заказчиком по проекту",
    "график платежей надо пересмотреть по договору",
    "изменились реквизиты нашей компании, новые во вложении к письму",
    "вернём деньги в течение десяти рабочих дней по заявлению",
    "прошу прислать коммерческое предложение на материалы по списку",
    "документы для бухгалтерии отправили курьером по заказу",
    "доступ в личный кабинет не работает после обновления по обращению",
    "замерщик приедет завтра после обеда по заявке",
    "согласуйте макет вывески до пятницы по проекту",
    "страховка груза включена в стоимость перевозки по договору",
    "срок изготовления увеличился из-за праздников по заказу",
    "клиент недоволен качеством упаковки по заказу",
    "нужно перевести договор на английский язык по проекту",
    "подтвердите получение товара по накладной",
    "выставьте закрывающие документы за услуги по договору",
    "консультация специалиста бесплатна для постоянных клиентов по программе",
    "переговоры с подрядчиком прошли успешно по проекту",
    "сотрудник увольняется, передайте его переписку по клиенту",
    "проверьте наличие комплектующих на складе по артикулу",
    "ждём ответа от юридического отдела по претензии"};
constexpr std::array<std::string_view, 18> closings = {"Спасибо!",
                                                       "Жду ответа.",
                                                       "С уважением, Мария",
                                                       "Хорошего дня!",
                                                       "Заранее благодарю.",
                                                       "До связи.",
                                                       "Буду на связи до шести.",
                                                       "Перезвоните, пожалуйста.",
                                                       "Если что, пишите.",
                                                       "Подпишем на этой неделе.",
                                                       "Ок, принято.",
                                                       "Сообщите о решении.",
                                                       "Ждём вас в офисе.",
                                                       "",
                                                       "",
                                                       "",
                                                       "",
                                                       ""};
constexpr std::array<std::string_view, 14> english = {
    "Could you confirm the delivery date for the order",
    "The invoice has not arrived yet, please resend it for contract",
    "We agreed on a discount of ten percent for order",
    "The shipment is delayed at customs, see tracking for order",
    "Please find the signed agreement attached for project",
    "Our accountant asks for a reconciliation report on contract",
    "The customer is waiting for a refund on order",
    "The warranty covers five years for contract",
    "We would like to change the payment schedule of contract",
    "Installation is planned for Saturday, order",
    "The supplier raised prices again, see quotation",
    "Support has not answered for three days, ticket",
    "Let us meet next week to discuss the proposal",
    "The parts are out of stock, article"};
constexpr std::array<std::string_view, 40> people = {
    "Анна Петрова",      "Иван Смирнов",    "Мария Кузнецова",      "Сергей Попов",
    "Елена Васильева",   "Дмитрий Соколов", "Ольга Михайлова",      "Алексей Новиков",
    "Наталья Фёдорова",  "Павел Морозов",   "Татьяна Волкова",      "Андрей Алексеев",
    "Юлия Лебедева",     "Николай Семёнов", "Ирина Егорова",        "Михаил Павлов",
    "Светлана Козлова",  "Артём Степанов",  "Екатерина Николаева",  "Виктор Орлов",
    "John Carter",       "Emma Wilson",     "Peter Novak",          "Лариса Макарова",
    "Григорий Никитин",  "Ксения Захарова", "Роман Зайцев",         "Вера Соловьёва",
    "Олег Борисов",      "Дарья Яковлева",  "Константин Григорьев", "Полина Романова",
    "Евгений Воробьёв",  "Алина Сергеева",  "Максим Кузьмин",       "Валерия Фролова",
    "Игорь Александров", "Жанна Дмитриева", "Тимур Королёв",        "Лев Гусев"};
constexpr std::array<std::string_view, 4> employees = {
    "Мария Менеджер", "Олег Продавец", "Ирина Сервис", "Анна Поддержка"};

// Rare words, so that a vocabulary grows with the archive: syllables by number.
std::string rare_word(std::uint64_t number) {
    static constexpr std::array<std::string_view, 16> syllables = {"ба",
                                                                   "ве",
                                                                   "го",
                                                                   "ди",
                                                                   "жу",
                                                                   "за",
                                                                   "ки",
                                                                   "лу",
                                                                   "ме",
                                                                   "но",
                                                                   "пе",
                                                                   "ра",
                                                                   "су",
                                                                   "ти",
                                                                   "фо",
                                                                   "ша"};
    std::string word;
    for (int i = 0; i < 4; ++i, number >>= 4) word += syllables[number & 15];
    return word + "н";
}

std::string sentence(Random& random) {
    std::string text;
    if (random.below(100) < 85) {
        text = fmt::format("{} {}", random.of(openings), middles[random.skewed(middles.size())]);
        // Most sentences of real letters name no number; those that do name one.
        if (random.below(10) < 3) text += fmt::format(" № {}", 1 + random.skewed(90'000));
        if (random.below(12) == 0)
            text += fmt::format(", сумма {} {:03} руб.", 1 + random.below(900), random.below(1000));
        if (random.below(30) == 0)
            text += fmt::format(" Телефон +7 (9{:02}) {:03}-{:02}-{:02}.",
                                random.below(100),
                                random.below(1000),
                                random.below(100),
                                random.below(100));
    } else {
        text = random.of(english);
        if (random.below(10) < 3) text += fmt::format(" #{}", 1 + random.skewed(90'000));
        if (random.below(12) == 0)
            text += fmt::format(", total ${}.{:02}", 10 + random.below(90'000), random.below(100));
    }
    if (random.below(8) == 0) text += " " + rare_word(random.below(60'000));
    return text;
}

std::string body(Random& random, std::size_t sentences) {
    std::string text;
    for (std::size_t i = 0; i < sentences; ++i)
        text += (i == 0 ? "" : random.below(3) == 0 ? "\n" : " ") + sentence(random);
    const auto closing = random.of(closings);
    return closing.empty() ? text : text + " " + std::string(closing);
}

struct Sink {
    Fd fd;
    std::string buffer;
    Result<void> write(std::string_view text) {
        buffer += text;
        if (buffer.size() < (1 << 20)) return {};
        TRY_DO(write_all(fd.get(), buffer));
        buffer.clear();
        return {};
    }
};

Result<void> short_messages(Sink& sink, Random& random, std::uint64_t count) {
    const std::int64_t begin = 1'546'300'800;  // 2019-01-01
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto client = random.skewed(5'000);
        const auto at =
            begin + static_cast<std::int64_t>(i * 200'000'000 / std::max<std::uint64_t>(count, 1)) +
            static_cast<std::int64_t>(random.below(60));
        const bool from_client = random.below(2) == 0;
        const auto person = fmt::format("{} {}", people[client % people.size()], client);
        const auto employee = random.of(employees);
        TRY_DO(sink.write(
            fmt::format("{{\"id\":\"{}\",\"channel\":\"telegram\",\"chat\":\"chat{}\",\"date\":\"{}"
                        "\",\"from\":{{\"name\":{},\"address\":\"user{}\"}},\"text\":{}}}\n",
                        i + 1,
                        client,
                        rfc3339(from_unix(at)),
                        app::json_string(from_client ? person : std::string(employee)),
                        from_client ? 100'000 + client : random.below(4),
                        app::json_string(body(random, 1 + random.skewed(4))))));
    }
    return {};
}

Result<void> mails(Sink& sink, Random& random, std::uint64_t count) {
    const std::int64_t begin = 1'546'300'800;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto client = random.skewed(5'000);
        const auto at = from_unix(
            begin + static_cast<std::int64_t>(i * 200'000'000 / std::max<std::uint64_t>(count, 1)));
        const auto subject = sentence(random);
        std::string text;
        for (int paragraph = 0; paragraph < 3 + static_cast<int>(random.below(4)); ++paragraph)
            text += body(random, 2 + random.below(4)) + "\n\n";
        TRY_DO(sink.write(fmt::format(
            "From client{}@bench.example {}\nFrom: client{}@bench.example\nTo: "
            "sales@bench.example\nSubject: =?utf-8?B?{}?=\nMessage-ID: "
            "<{}@bench.example>\n{}MIME-Version: 1.0\nContent-Type: text/plain; "
            "charset=utf-8\nContent-Transfer-Encoding: 8bit\nDate: {}\n\n{}\n",
            client,
            asctime_utc(at),
            client,
            base64(subject),
            i + 1,
            i > 10 && random.below(2) == 0
                ? fmt::format("In-Reply-To: <{}@bench.example>\n", i - random.below(10))
                : "",
            [&] {
                auto date = asctime_utc(at);
                return fmt::format("{}, {} {} {} {} +0000",
                                   date.substr(0, 3),
                                   date.substr(8, 2),
                                   date.substr(4, 3),
                                   date.substr(20),
                                   date.substr(11, 8));
            }(),
            text)));
    }
    return {};
}

}  // namespace

Exit run_bench_data(const Arguments& arguments, Output& output) {
    const auto count = arguments.number("--messages", 100'000, 1'000'000'000);
    const auto seed = arguments.number("--seed", 1, ~std::uint64_t(0));
    const auto kind = arguments.get("--kind", "short");
    if (!count) return report(output, count.error(), false);
    if (!seed) return report(output, seed.error(), false);
    if (kind != "short" && kind != "mail")
        return report(output, Error{Errc::invalid, "--kind takes short or mail", {}}, false);
    Sink sink{
        .fd = Fd(::open(
            arguments.positional.front().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644))};
    if (!sink.fd)
        return report(
            output, system_error("cannot write " + arguments.positional.front(), errno), false);
    Random random(*seed);
    auto done =
        kind == "short" ? short_messages(sink, random, *count) : mails(sink, random, *count);
    if (done) done = write_all(sink.fd.get(), sink.buffer);
    if (!done) return report(output, done.error(), false);
    output.print(fmt::format("{} messages written to {}\n", *count, arguments.positional.front()));
    return Exit::done;
}

}  // namespace letopis::cli
