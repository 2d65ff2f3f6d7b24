"""Run names: two words, the same in every session that runs the same notebook."""

from __future__ import annotations

from zlib import crc32

ADJECTIVES = (
    "amber ancient arctic autumn azure balmy bold brave bright brisk bronze calm candid cedar clear clever cobalt "
    "copper coral cosmic crimson crisp curious dapper dawn deep deft eager early earnest easy elder ember emerald "
    "fabled fair fearless fleet fond frank free fresh frosty gentle gilded glad golden grand green happy hardy hazel "
    "hidden honest humble ideal indigo ivory jade jolly keen kind late light lilac little lively loyal lucid lucky "
    "lunar magic mellow merry mighty misty modest mossy neat nimble noble olive opal patient pearl placid plain polar "
    "polite proud quick quiet rapid rare ready regal rosy royal ruby rustic sandy scarlet serene shy silent silver "
    "sleek snowy solar solid spry steady stellar still sunny swift tidy topaz tranquil true velvet violet vivid warm "
    "wild wise witty young zesty"
).split()
ANIMALS = (
    "albatross antelope badger bat bear beaver bee beetle bison boar bobcat buffalo bullfinch camel caribou cat "
    "cheetah chipmunk cod condor coyote crab crane cricket crow deer dingo dolphin donkey dove dragonfly duck eagle "
    "eel egret elk emu ermine falcon ferret finch firefly fox frog gazelle gecko gibbon giraffe goat goose grouse "
    "gull hare hawk hedgehog heron hippo hornet horse hound ibex ibis iguana impala jackal jaguar jay kestrel kite "
    "kiwi koala lark lemur leopard linnet lion lizard llama lobster lynx magpie mallard mantis marmot marten mole "
    "moose moth mouse mule newt okapi orca osprey otter owl ox panda parrot pelican penguin pigeon plover pony puffin "
    "puma quail rabbit raccoon raven robin salmon seal shrew shrike skylark sloth snail sparrow squid stag starling "
    "stoat stork swallow swan tapir tern thrush tiger toad trout turtle viper vole walrus wasp weasel whale wolf "
    "wombat wren yak zebra"
).split()
SPACE = len(ADJECTIVES) * len(ANIMALS)
# Coprime with SPACE (tested), so that the runs of one flow visit every pair before one comes again.
STRIDE = 7919


def code_of(flow: str, nth: int) -> int:
    """Give the number that stands for the n-th run (from 0) of a flow, before clashes are resolved."""
    return (crc32(flow.encode()) + nth * STRIDE) % SPACE + nth // SPACE * SPACE


def words_of(code: int) -> str:
    """Spell a code: `crimson-fox`, and `crimson-fox-2` once all pairs are used up."""
    lap, place = divmod(code, SPACE)
    adjective, animal = divmod(place, len(ANIMALS))
    return f"{ADJECTIVES[adjective]}-{ANIMALS[animal]}" + (f"-{lap + 1}" if lap else "")


class Codes:
    """Hands out codes so that no two flow runs of a session share a name."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, flow: str, nth: int) -> int:
        """Give the code of the n-th run of a flow, or the next free one; the same calls give the same codes."""
        code = code_of(flow, nth)
        while code in self._taken:
            code += 1
        self._taken.add(code)
        return code
