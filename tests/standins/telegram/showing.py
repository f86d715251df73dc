"""What people show and hand over beside text: pictures, voice, stickers, files."""

from typing import Any

from tests.standins.telegram.model import Message, User
from tests.standins.telegram.people import People, topic_id
from tests.standins.telegram.world import InTopic, Where, act

#: The smallest thing that a picture's first bytes say it is.
PICTURE = b"\xff\xd8\xff\xe0stand-in"


class Showing(People):
    """Media of people. Their bytes can be had by getFile."""

    @act
    def photo(
        self,
        user: User,
        chat: Where,
        caption: str = "",
        topic: InTopic = None,
        reply_to: Message | None = None,
        *,
        album: str | None = None,
        data: bytes = PICTURE,
    ) -> Message:
        """A photo; several with the same `album` belong together."""
        sizes = [self.file(data, "photos", "jpg") | {"width": side, "height": side} for side in (90, 800)]
        extra = {"media_group_id": album} if album else {}
        return self.show(user, chat, {"photo": sizes}, caption, topic, reply_to, extra=extra)

    @act
    def voice(
        self,
        user: User,
        chat: Where,
        seconds: int = 3,
        topic: InTopic = None,
        reply_to: Message | None = None,
    ) -> Message:
        file = self.file(b"OggS stand-in", "voice", "oga")
        media = {"voice": file | {"duration": seconds, "mime_type": "audio/ogg"}}
        return self.show(user, chat, media, "", topic, reply_to)

    @act
    def sticker(
        self,
        user: User,
        chat: Where,
        emoji: str = "👍",
        topic: InTopic = None,
        reply_to: Message | None = None,
    ) -> Message:
        looks = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        media = {"sticker": self.file(b"RIFF stand-in", "stickers", "webp") | looks | {"emoji": emoji}}
        return self.show(user, chat, media, "", topic, reply_to)

    @act
    def document(
        self, user: User, chat: Where, name: str, data: bytes, caption: str = "", topic: InTopic = None
    ) -> Message:
        media = {"document": self.file(data, "documents", name.rpartition(".")[2]) | {"file_name": name}}
        return self.show(user, chat, media, caption, topic)

    @act
    def contact(self, user: User, chat: Where, phone: str) -> Message:
        """A phone number shared."""
        told = {"phone_number": phone, "first_name": user.first_name, "user_id": user.id}
        return self.show(user, chat, {"contact": told})

    @act
    def show(
        self,
        /,
        user: User,
        chat: Where,
        media: dict[str, Any],
        caption: str = "",
        topic: InTopic = None,
        reply_to: Message | None = None,
        **more: Any,
    ) -> Message:
        """Anything else that the Bot API's Message has a field for, as `media`."""
        return self._say(user, self.where(chat), caption, topic_id(topic), reply_to, media=media, **more)

    def file(self, data: bytes, folder: str, ending: str) -> dict[str, Any]:
        """Keeps the bytes; gives the fields of a File."""
        number = self.number()
        self.files[f"file-{number}"] = (f"{folder}/file_{number}.{ending}", data)
        return {"file_id": f"file-{number}", "file_unique_id": f"unique-{number}", "file_size": len(data)}
