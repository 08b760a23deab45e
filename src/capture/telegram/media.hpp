// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include "capture/telegram/words.hpp"

namespace letopis::capture::telegram {

// photo, file, contact_vcard -> attachments; reactions.
void read_media(const object& entry, model::Message& message);

}  // namespace letopis::capture::telegram
