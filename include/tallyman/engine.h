/* The stages joined: threads, rings and order. */
#ifndef TALLYMAN_ENGINE_H
#define TALLYMAN_ENGINE_H
#endif
