// Which tags are worth keeping, and which MP4 can keep.
#include "core/media/ffmpeg/carry_tags.hpp"

#include <algorithm>
#include <cctype>

namespace holo::media {

namespace {

// Written by whoever muxed the source, about a file that no longer is.
constexpr std::string_view kStaleTags[] = {
    "encoder",      "major_brand", "minor_version",    "compatible_brands", "duration",
    "handler_name", "vendor_id",   "number_of_frames", "number_of_bytes",   "bps"};
// What MP4 has a place for.
constexpr std::string_view kMp4Tags[] = {
    "title",    "artist",     "album_artist",  "composer",     "album",         "date",
    "comment",  "genre",      "copyright",     "grouping",     "lyrics",        "description",
    "synopsis", "show",       "network",       "episode_id",   "keywords",      "track",
    "disc",     "media_type", "rating",        "language",     "creation_time", "location",
    "make",     "model",      "season_number", "episode_sort", "compilation",   "gapless_playback",
    "hd_video", "author",     "year",          "timecode"};

bool same_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

bool is_stale(std::string_view key) {
  if (key.starts_with("_STATISTICS")) return true;
  return std::any_of(std::begin(kStaleTags), std::end(kStaleTags), [&](std::string_view stale) {
    return same_letters(key.substr(0, stale.size()), stale) &&
           (key.size() == stale.size() || key[stale.size()] == '-');  // "BPS-eng"
  });
}

Error no_memory() { return make_error(HOLO_NO_MEMORY, "no memory for the chapters"); }

}  // namespace

void copy_tags(const AVDictionary* from, AVDictionary** to) {
  const AVDictionaryEntry* tag = nullptr;
  while ((tag = av_dict_get(from, "", tag, AV_DICT_IGNORE_SUFFIX)) != nullptr) {
    if (!is_stale(tag->key)) av_dict_set(to, tag->key, tag->value, 0);
  }
}

std::string tags_lost_in_mp4(const AVDictionary* tags) {
  std::string lost;
  const AVDictionaryEntry* tag = nullptr;
  while ((tag = av_dict_get(tags, "", tag, AV_DICT_IGNORE_SUFFIX)) != nullptr) {
    const std::string_view key = tag->key;
    if (std::none_of(std::begin(kMp4Tags), std::end(kMp4Tags),
                     [&](std::string_view known) { return same_letters(known, key); })) {
      lost += (lost.empty() ? "" : ", ") + std::string(key);
    }
  }
  return lost;
}

Status copy_chapters(const AVFormatContext& from, AVFormatContext& to, std::int64_t shift) {
  if (from.nb_chapters == 0) return {};
  to.chapters = static_cast<AVChapter**>(av_calloc(from.nb_chapters, sizeof(AVChapter*)));
  if (to.chapters == nullptr) return no_memory();
  for (unsigned i = 0; i < from.nb_chapters; ++i) {
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (chapter == nullptr) return no_memory();
    const AVChapter& source = *from.chapters[i];
    const std::int64_t back = av_rescale_q(shift, {1, 1000}, source.time_base);
    chapter->id = source.id;
    chapter->time_base = source.time_base;
    chapter->start = av_sat_sub64(source.start, back);
    chapter->end = source.end == AV_NOPTS_VALUE ? source.end : av_sat_sub64(source.end, back);
    copy_tags(source.metadata, &chapter->metadata);
    to.chapters[to.nb_chapters++] = chapter;
  }
  return {};
}

}  // namespace holo::media
